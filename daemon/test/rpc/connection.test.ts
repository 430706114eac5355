import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { SnoozeError } from '../../src/errors.ts';
import { createRpcConnection } from '../../src/rpc/connection.ts';
import { RpcAnswerError, RpcClosedError, RpcSendError, RpcTimeoutError } from '../../src/rpc/errors.ts';
import { MESSAGE_LIMIT_BYTES, type RpcOptions, type WireFault } from '../../src/rpc/rpc.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { waitFor } from '../support/wait-for.ts';

/** A connection of ours, and the other end as lines that a test reads and writes. */
function setUp(options: Partial<RpcOptions> = {}) {
  const toUs = new PassThrough();
  const fromUs = new PassThrough();
  const faults: WireFault[] = [];
  const clock = createFakeClock();
  const connection = createRpcConnection(toUs, fromUs, {
    framing: 'lines',
    lenient: true,
    clock,
    onFault: (fault) => faults.push(fault),
    ...options,
  });
  const sent: Record<string, unknown>[] = [];
  fromUs.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n').filter(Boolean))
      sent.push(JSON.parse(line) as Record<string, unknown>);
  });
  return {
    connection,
    clock,
    faults,
    sent,
    toUs,
    answer: (message: object) => toUs.write(`${JSON.stringify(message)}\n`),
  };
}

test('a request is strict JSON-RPC 2.0 with an integer id, and its answer comes back', async () => {
  const { connection, sent, answer } = setUp();
  const result = connection.request('CheckIdle', { metrics: {} }, 1000);
  const [request] = await waitFor('the request', () => sent.length === 1 && sent);
  assert.deepEqual(
    { ...request, id: Number.isInteger(request?.['id']) },
    { jsonrpc: '2.0', id: true, method: 'CheckIdle', params: { metrics: {} } },
  );
  answer({ id: request?.['id'], result: { is_idle: true } });
  assert.deepEqual(await result, { is_idle: true });
});

test('answers may come in any order', async () => {
  const { connection, sent, answer } = setUp();
  const results = ['a', 'b', 'c'].map((name) => connection.request(name, {}, 1000));
  await waitFor('the requests', () => sent.length === 3);
  for (const request of [...sent].reverse()) answer({ id: request['id'], result: request['method'] });
  assert.deepEqual(await Promise.all(results), ['a', 'b', 'c']);
});

test('no answer in time: an error that names the method, a cancellation to the other side, and the late answer is dropped', async () => {
  const { connection, clock, sent, answer, faults } = setUp();
  const result = connection.request('CheckIdle', {}, 1000);
  result.catch(() => {});
  await waitFor('the request', () => sent.length === 1);
  await clock.advance(1000);
  await assert.rejects(
    result,
    (error) => error instanceof RpcTimeoutError && /CheckIdle within 1000 ms/.test(error.message),
  );
  const cancel = await waitFor('the cancellation', () => sent.find(({ method }) => method === '$/cancelRequest'));
  assert.deepEqual(cancel['params'], { id: sent[0]?.['id'] });
  answer({ id: sent[0]?.['id'], result: 1 });
  await waitFor('the fault', () => faults.some(({ kind }) => kind === 'late-answer'));
  assert.equal(clock.waiting(), 0);
});

test('an answer twice, or to nothing that was asked, is a fault and no more', async () => {
  const { connection, sent, answer, faults } = setUp();
  const result = connection.request('a', {}, 1000);
  const [request] = await waitFor('the request', () => sent.length === 1 && sent);
  answer({ id: request?.['id'], result: 1 });
  answer({ id: request?.['id'], result: 2 });
  answer({ id: 999, result: 3 });
  assert.equal(await result, 1);
  await waitFor('the faults', () => faults.filter(({ kind }) => kind === 'unknown-answer').length === 2);
});

test('the end of the stream rejects what is open, and everything after it', async () => {
  const { connection, sent, toUs } = setUp();
  const result = connection.request('a', {}, 1000);
  result.catch(() => {});
  await waitFor('the request', () => sent.length === 1);
  toUs.destroy();
  await connection.closed;
  await assert.rejects(result, RpcClosedError);
  await assert.rejects(connection.request('b', {}, 1000), RpcClosedError);
});

test('a signal that aborts ends the wait', async () => {
  const { connection, sent } = setUp();
  const stop = new AbortController();
  const result = connection.request('a', {}, 1000, stop.signal);
  result.catch(() => {});
  await waitFor('the request', () => sent.length === 1);
  stop.abort();
  await assert.rejects(result, /nobody waits for a any more/);
});

test('requests of the other side are answered; a SnoozeError keeps its code and hint', async () => {
  const { sent, answer } = setUp({
    async onRequest(method) {
      if (method === 'good') return { fine: true };
      throw new SnoozeError('SNOOZE_E_USAGE', 'wrong', { hint: 'do it right' });
    },
  });
  answer({ jsonrpc: '2.0', id: 1, method: 'good' });
  answer({ jsonrpc: '2.0', id: 2, method: 'bad' });
  await waitFor('the answers', () => sent.length === 2);
  assert.deepEqual(sent.find(({ id }) => id === 1)?.['result'], { fine: true });
  assert.deepEqual(sent.find(({ id }) => id === 2)?.['error'], {
    code: -32000,
    message: 'wrong',
    data: { code: 'SNOOZE_E_USAGE', hint: 'do it right' },
  });
});

test('an error answer rejects with its code and text', async () => {
  const { connection, sent, answer } = setUp();
  const result = connection.request('a', {}, 1000);
  result.catch(() => {});
  const [request] = await waitFor('the request', () => sent.length === 1 && sent);
  answer({ id: request?.['id'], result: { error: 'Unknown method: a' } });
  await assert.rejects(result, (error) => error instanceof RpcAnswerError && error.message === 'Unknown method: a');
});

test('a request that is too large is not sent, and its error is no answer', async () => {
  const { connection, sent, clock } = setUp();
  const text = 'x'.repeat(MESSAGE_LIMIT_BYTES);
  await assert.rejects(
    connection.request('Initialize', { text }, 1000),
    (error) => error instanceof RpcSendError && /Initialize was not sent: a message of \d+ bytes/.test(error.message),
  );
  assert.deepEqual([sent.length, clock.waiting()], [0, 0]);
});

test('an answer that is too large becomes an error, so that nobody waits for it', async () => {
  const { sent, answer } = setUp({ onRequest: async () => 'x'.repeat(MESSAGE_LIMIT_BYTES) });
  answer({ jsonrpc: '2.0', id: 5, method: 'big' });
  const [reply] = await waitFor('the answer', () => sent.length === 1 && sent);
  assert.match(JSON.stringify(reply), /"id":5.*the answer is a message of \d+ bytes, at most 1048576/);
});

test('a method that there is not is error -32601', async () => {
  const { sent, answer } = setUp();
  answer({ jsonrpc: '2.0', id: 'a', method: 'Host.KV.Get' });
  const [reply] = await waitFor('the answer', () => sent.length === 1 && sent);
  assert.match(JSON.stringify(reply), /"error":\{"code":-32601/);
});

test('the other side can cancel what it asked for', async () => {
  let aborted = false;
  const { answer } = setUp({
    onRequest: (_method, _params, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          resolve(null);
        });
      }),
  });
  answer({ jsonrpc: '2.0', id: 1, method: 'slow' });
  await new Promise(setImmediate);
  answer({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } });
  await waitFor('the end of it', () => aborted);
});

test('after its end a connection sends nothing, throws nothing, and leaves nothing behind', async () => {
  const { connection, clock, sent, toUs } = setUp();
  const open = connection.request('a', {}, 1000);
  open.catch(() => {});
  await waitFor('the request', () => sent.length === 1);
  const gone = new AbortController();
  gone.abort();
  await assert.rejects(connection.request('never', {}, 1000, gone.signal), /nobody waits for never/);
  connection.close();
  connection.close();
  connection.notify('b', {});
  await assert.rejects(open, RpcClosedError);
  assert.deepEqual([toUs.listenerCount('data'), clock.waiting(), sent.length], [0, 0, 1]);
});

test('a broken pipe is no exception', async () => {
  const child = spawn('true', { stdio: ['pipe', 'pipe', 'ignore'] });
  const connection = createRpcConnection(child.stdout, child.stdin, {
    framing: 'lines',
    lenient: true,
    clock: createFakeClock(),
  });
  const answers = Array.from({ length: 20 }, () => connection.request('a', { text: 'x'.repeat(10_000) }, 1000));
  for (const result of await Promise.allSettled(answers)) assert.equal(result.status, 'rejected');
  await connection.closed;
});

for (const [how, act] of [
  ['the other side takes it back', ({ answer }) => answer({ method: '$/cancelRequest', params: { id: 5 } })],
  ['the other side is gone', ({ toUs }) => toUs.end()],
  ['the connection is closed', ({ connection }) => connection.close()],
] satisfies [how: string, act: (set: ReturnType<typeof setUp>) => unknown][]) {
  test(`work for a request of the other side is ended when ${how}`, async () => {
    const work = Promise.withResolvers<AbortSignal>();
    const set = setUp({
      onRequest: (_method, _params, signal) => {
        work.resolve(signal);
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(null)));
      },
    });
    set.answer({ id: 5, method: 'Host.KV.Watch', params: {} });
    const signal = await work.promise;
    assert.equal(signal.aborted, false);
    act(set);
    await waitFor('the end of the work', () => signal.aborted);
  });
}
