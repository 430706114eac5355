import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { createRpcConnection } from '../../src/rpc/connection.ts';
import { createPace } from '../../src/rpc/pace.ts';
import { MESSAGE_LIMIT_BYTES, type RpcOptions } from '../../src/rpc/rpc.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { waitFor } from '../support/wait-for.ts';

/** A connection of ours whose other side is only written to. */
function setUp(options: Partial<RpcOptions> = {}, fromUs: Writable = new PassThrough().resume()) {
  const toUs = new PassThrough();
  const clock = createFakeClock();
  const connection = createRpcConnection(toUs, fromUs, { framing: 'lines', lenient: true, clock, ...options });
  return { toUs, clock, connection };
}

test('a flood of junk is read in bursts, one a second', async () => {
  const { toUs, clock, connection } = setUp();
  toUs.write('y\n'.repeat(199));
  await waitFor('the junk to be read', () => toUs.readableLength === 0);
  assert.equal(toUs.isPaused(), false);
  toUs.write('y\n');
  await waitFor('the pause', () => toUs.isPaused());
  await clock.advance(999);
  assert.equal(toUs.isPaused(), true);
  await clock.advance(1);
  assert.equal(toUs.isPaused(), false);
  toUs.write('y\n'.repeat(200));
  await waitFor('the next pause', () => toUs.isPaused());
  connection.close();
  assert.equal(clock.waiting(), 0);
});

test('of what a plugin writes a MiB is read in a second, whatever it is; of other sides all', async () => {
  for (const lenient of [true, false]) {
    const served: unknown[] = [];
    const { toUs, clock } = setUp({ lenient, onRequest: async (method) => void served.push(method) });
    for (let id = 1; id <= 4; id++)
      toUs.write(`{"jsonrpc":"2.0","id":${id},"method":"put","params":{"data":"${'x'.repeat(400_000)}"}}\n`);
    await waitFor('the first of them', () => served.length >= 3);
    await waitFor('the pause, or none', () => toUs.isPaused() === lenient);
    await clock.advance(1_000);
    await waitFor('the last', () => served.length === 4 && !toUs.isPaused());
  }
});

test('garbage is collected for each MiB that is read, however slowly it comes', async () => {
  const clock = createFakeClock();
  const pace = createPace(new PassThrough(), new PassThrough(), clock);
  for (let collected = 0; collected < 2; collected++) {
    const garbage = new WeakRef({});
    for (let second = 0; second < 3; second++) {
      pace.countRead(MESSAGE_LIMIT_BYTES / 2);
      await clock.advance(1_000);
    }
    assert.equal(garbage.deref(), undefined);
  }
  pace.end();
});

test('a flood of notifications is handed on in bursts, and never queued', async () => {
  let heard = 0;
  const { toUs } = setUp({
    onNotification() {
      heard += 1;
    },
  });
  const burst = '{"method":"Host.Log"}\n'.repeat(100);
  for (let sent = 0; sent < 50; sent++) toUs.write(burst);
  await waitFor('the pause', () => toUs.isPaused());
  assert.equal(heard, 200);
});

test('at most 32 requests of the other side are in work; the rest waits unread', async () => {
  const work: (() => void)[] = [];
  const { toUs } = setUp({ onRequest: () => new Promise((done) => work.push(() => done(null))) });
  for (let id = 1; id <= 40; id++) toUs.write(`{"jsonrpc":"2.0","id":${id},"method":"slow"}\n`);
  await waitFor('the work', () => work.length === 32);
  assert.equal(toUs.isPaused(), true);
  for (const done of work.splice(0)) done();
  await waitFor('the rest', () => work.length === 8);
});

test('requests that are long together are taken up one after the other', async () => {
  const work: (() => void)[] = [];
  const { toUs } = setUp({ lenient: false, onRequest: () => new Promise((done) => work.push(() => done(null))) });
  const params = JSON.stringify({ data: 'x'.repeat(700_000) });
  for (let id = 1; id <= 6; id++) toUs.write(`{"jsonrpc":"2.0","id":${id},"method":"slow","params":${params}}\n`);
  for (const waiting of [2, 2, 2]) {
    await waitFor('the work', () => work.length === waiting && toUs.isPaused());
    for (const done of work.splice(0)) done();
  }
});

test('short requests that stay open are not taken for the long ones that were answered beside them', async () => {
  let answered = 0;
  const fromUs = new PassThrough().on('data', (chunk: Buffer) => {
    answered += String(chunk).split('"result"').length - 1;
  });
  const { toUs } = setUp(
    {
      lenient: false,
      onRequest: (method) => (method === 'watch' ? new Promise(() => {}) : Promise.resolve(null)),
    },
    fromUs,
  );
  for (const id of [1, 2, 3]) toUs.write(`{"jsonrpc":"2.0","id":${id},"method":"watch"}\n`);
  const params = JSON.stringify({ data: 'x'.repeat(700_000) });
  for (let sent = 1; sent <= 8; sent++) {
    toUs.write(`{"jsonrpc":"2.0","id":${10 + sent},"method":"put","params":${params}}\n`);
    await waitFor(`answer ${sent}`, () => answered === sent);
  }
  assert.equal(toUs.isPaused(), false);
});

test('a side that does not read its answers is not read either, until it does', async () => {
  let drain = () => {};
  const unread = new Writable({
    highWaterMark: 1,
    write(_chunk, _encoding, done) {
      drain = done;
    },
  });
  const toUs = new PassThrough().resume();
  const pace = createPace(toUs, unread, createFakeClock());
  unread.write(Buffer.alloc(MESSAGE_LIMIT_BYTES));
  pace.afterWrite();
  assert.equal(toUs.isPaused(), false);
  unread.write('x');
  pace.afterWrite();
  assert.equal(toUs.isPaused(), true);
  drain();
  await waitFor('the second write', () => unread.writableLength === 1);
  drain();
  await waitFor('reading again', () => !toUs.isPaused());
  pace.end();
  assert.equal(unread.listenerCount('drain'), 0);
});
