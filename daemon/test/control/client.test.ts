import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connectControl } from '../../src/control/client.ts';
import { SnoozeError } from '../../src/errors.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Somebody who listens and does `greet` with each connection. */
async function listen(t: TestContext, greet: (socket: Socket) => void): Promise<string> {
  const path = join(temporaryDirectory(t), 'snoozed.sock');
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket.on('error', () => {}));
    greet(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return path;
}

async function failureOf(call: Promise<unknown>): Promise<SnoozeError> {
  const error = await call.then(
    () => assert.fail('it was answered'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof SnoozeError);
  return error;
}

test('a daemon that does not answer in time is there all the same: that is no missing daemon', async (t) => {
  const path = await listen(t, () => {});
  const client = await connectControl(path);
  t.after(() => client.close());
  const { code, message, hint } = await failureOf(client.call('plugin.enable', { name: 'slow' }, 50));
  assert.equal(code, 'SNOOZE_E_NO_ANSWER');
  assert.equal(message, `snoozed on ${path} is there, but did not answer plugin.enable within 0.05 s`);
  assert.match(hint ?? '', /snooze status/);
});

test('a daemon that goes away before it answers is none', async (t) => {
  const path = await listen(t, (socket) => socket.once('data', () => socket.destroy()));
  const client = await connectControl(path);
  t.after(() => client.close());
  const { code, message } = await failureOf(client.call('status', {}));
  assert.equal(code, 'SNOOZE_E_NO_DAEMON');
  assert.match(message, /went away/);
});

test('a call that is too large is the caller’s fault', async (t) => {
  const path = await listen(t, () => {});
  const client = await connectControl(path);
  t.after(() => client.close());
  const { code, message } = await failureOf(
    client.call('config.set', { key: 'exec_command', value: ['x'.repeat(2 ** 21)] }),
  );
  assert.equal(code, 'SNOOZE_E_USAGE');
  assert.match(message, /config\.set was not sent/);
});
