/** The daemon holds the conversations that every SDK holds, from the other end. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { systemClock } from '../../daemon/src/clock.ts';
import { createRpcConnection } from '../../daemon/src/rpc/connection.ts';
import { RpcAnswerError, RpcSendError } from '../../daemon/src/rpc/errors.ts';
import { waitFor } from '../../daemon/test/support/wait-for.ts';
import { readVectors, type Transcript, textOf } from './vectors.ts';

type Message = { jsonrpc?: string; id?: number | null; method?: string; params?: Record<string, unknown> };
type Call = { sentAs: number | null; canceling: AbortController; answer: Promise<unknown> };

const TIMEOUT_MS = 60_000;

describe('the host', { concurrency: 4 }, () => {
  for (const { name, requirement, send, expect, host, calls = [] } of readVectors<Transcript>('transcripts')) {
    it(`${requirement} ${name}`, async (test) => {
      const { connection, sent, write, faults } = startHost(test, host);
      const asked = new Map<unknown, Call>();
      for (const { id, method, params = {} } of send.flatMap(requestOf)) {
        const count = sent.length;
        const call = asked.get(params['id']);
        if (method === '$/cancelRequest' && call === undefined) continue; // it cancels what it has asked, and nothing else
        if (method === '$/cancelRequest') call?.canceling.abort();
        else if (id === undefined) connection.notify(method, params);
        else {
          const canceling = new AbortController();
          const answer = connection.request(method, params, TIMEOUT_MS, canceling.signal);
          answer.catch(() => {}); // it is looked at below
          asked.set(id, { sentAs: null, canceling, answer });
        }
        const found = await waitFor('what it sends', () => sent.at(count));
        if (method === '$/cancelRequest') assert.deepEqual(found.params, { id: call?.sentAs });
        else assert.deepEqual([found.jsonrpc, found.method, found.params], ['2.0', method, params]);
        const own = asked.get(id);
        assert.equal(Number.isInteger(found.id), own !== undefined);
        if (own) own.sentAs = found.id ?? null;
      }
      for (const [id, { method, params }] of calls.entries()) {
        const answer = host?.[method];
        write({ jsonrpc: '2.0', ...(answer && { id: id + 1000 }), method, params });
        if (answer) {
          const found = await waitFor(`an answer to ${method}`, () => sent.find((each) => each.id === id + 1000));
          assert.partialDeepStrictEqual(found, answer);
        }
      }
      for (const { id, ...answer } of expect) {
        const { sentAs, answer: outcome, canceling } = asked.get(id) ?? {};
        const count = faults.length;
        write({ id: sentAs ?? id, ...answer });
        if (outcome === undefined || canceling?.signal.aborted)
          assert.match(await waitFor('a fault', () => faults.at(count)), /unknown-answer|late-answer/);
        else if (answer.error === undefined) assert.deepEqual(await outcome, answer.result);
        else await assert.rejects(outcome, { code: -32603, ...answer.error });
      }
    });
  }

  it('P-04 sends nothing larger than 1 MiB', async (test) => {
    const { connection, sent } = startHost(test);
    const params = { padding: 'x'.repeat(1024 * 1024) };
    await assert.rejects(connection.request('CheckIdle', params, TIMEOUT_MS), RpcSendError);
    assert.deepEqual(sent, []);
  });
});

/** The daemon's end of a connection; `answers` is what it has for the plugin's own requests. */
function startHost(test: it.TestContext, answers: Transcript['host'] = {}) {
  const toHost = new PassThrough();
  const fromHost = new PassThrough();
  const sent: Message[] = [];
  const faults: string[] = [];
  const connection = createRpcConnection(toHost, fromHost, {
    framing: 'lines',
    lenient: true,
    clock: systemClock,
    onFault: ({ kind }) => faults.push(kind),
    onNotification() {},
    async onRequest(method) {
      const answer = answers[method] ?? { error: { code: -32601, message: method } };
      if ('result' in answer) return answer.result;
      throw new RpcAnswerError(answer.error.code, answer.error.message);
    },
  });
  test.after(() => connection.close());
  let rest = '';
  fromHost.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) sent.push(JSON.parse(line) as Message);
  });
  return { connection, sent, faults, write: (message: object) => toHost.write(`${JSON.stringify(message)}\n`) };
}

/** What a transcript sends, where it is what a host says: it sends neither junk nor answers to nothing. */
function requestOf(sent: Transcript['send'][number]): (Message & { method: string })[] {
  if (typeof sent === 'string' || 'repeat' in sent) return [];
  const { method, ...message } = JSON.parse(textOf(sent)) as Message;
  return method === undefined ? [] : [{ ...message, method }];
}
