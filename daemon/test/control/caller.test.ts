import assert from 'node:assert/strict';
import { chownSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { proofsBeside } from '../../src/control/prove.ts';
import { createRpcConnection } from '../../src/rpc/connection.ts';
import { type DaemonProcess, QUIET, startDaemonProcess } from '../support/daemon-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const start = (t: TestContext) => startDaemonProcess(t, { config: { ...QUIET, naptime_minutes: 60 } });
const NOBODY_SAYS = { user: null, sudo_user: null, terminal: null };

/** Changes something over a connection that answers the daemon's question like this; gives the cause on record. */
async function causeWith(daemon: DaemonProcess, answer: (params: unknown) => unknown): Promise<string | undefined> {
  const socket = connect(daemon.socket);
  const connection = createRpcConnection(socket, socket, {
    framing: 'lines',
    lenient: false,
    clock: systemClock,
    onRequest: async (_, params) => answer(params),
  });
  await connection.request('config.set', { key: 'naptime_minutes', value: 30 + Math.random() }, 10_000);
  socket.destroy();
  return await lastCause(daemon);
}

const lastCause = async (daemon: DaemonProcess) =>
  (await daemon.client.call('history.list', { limit: 1, kind: 'config' }))[0]?.cause;
const folderOf = ({ socket }: DaemonProcess, params: unknown) =>
  join(proofsBeside(socket), (params as { nonce: string }).nonce);

test('the history says who has changed something, and with what; nothing is left of how that was found out', async (t) => {
  const daemon = await start(t);
  await daemon.client.call('config.set', { key: 'naptime_minutes', value: 30 });
  assert.match(
    (await lastCause(daemon)) ?? '',
    new RegExp(`^snooze config set by ${userInfo().username}( \\(\\S+\\))?$`),
  );
  assert.deepEqual(readdirSync(proofsBeside(daemon.socket)), []);
  await daemon.end('SIGTERM');
  assert.ok(!readdirSync(daemon.directory).some((name) => name.endsWith('.callers')));
});

test('a daemon that was killed leaves its folder of proofs, which the next one goes on with', async (t) => {
  const killed = await start(t);
  await killed.end('SIGKILL');
  const daemon = await startDaemonProcess(t, { directory: killed.directory });
  await daemon.client.call('config.set', { key: 'naptime_minutes', value: 30 });
  assert.ok((await lastCause(daemon))?.startsWith(`snooze config set by ${userInfo().username}`));
});

test('a client that goes away before it is asked has its change done all the same', async (t) => {
  const daemon = await start(t);
  const params = { key: 'naptime_minutes', value: 45 };
  const socket = connect(daemon.socket, () =>
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'config.set', params })}\n`, () =>
      socket.destroy(),
    ),
  );
  await waitFor('the change', async () => (await lastCause(daemon)) === 'snooze config set by an unknown program');
});

test('what a client answers to the daemon’s question', async (t) => {
  const daemon = await start(t);
  await t.test(
    'a client that proves nothing, says nonsense or does not know the question is told as what it is',
    async () => {
      const liar = { user: 'alice', sudo_user: null, terminal: 'pts/3' };
      assert.equal(await causeWith(daemon, () => liar), 'snooze config set by alice (not proven, pts/3)');
      const evil = { ...liar, user: 'alice\u001b[2J, root' };
      assert.equal(await causeWith(daemon, () => evil), 'snooze config set by an unknown program');
      const unable = () => {
        throw new Error('what?');
      };
      assert.equal(await causeWith(daemon, unable), 'snooze config set by an unknown program');
    },
  );

  await t.test(
    'who has made the folder counts, and not what the client says; of root it is believed who has typed sudo',
    async () => {
      const cause = await causeWith(daemon, (params) => {
        mkdirSync(folderOf(daemon, params));
        return { user: 'mallory', sudo_user: 'alice', terminal: null };
      });
      const who = process.getuid?.() === 0 ? 'alice (sudo)' : userInfo().username;
      assert.equal(cause, `snooze config set by ${who}`);
    },
  );

  await t.test('a link in the place of the folder proves nothing', async (part) => {
    const other = temporaryDirectory(part);
    const cause = await causeWith(daemon, (params) => {
      symlinkSync(other, folderOf(daemon, params));
      return NOBODY_SAYS;
    });
    assert.equal(cause, 'snooze config set by somebody (not proven)');
  });

  await t.test(
    'a user without a name on this host is told with the number, which is proven, and the name it goes by',
    {
      skip: process.getuid?.() !== 0 && 'needs root, to give a folder away',
    },
    async () => {
      const cause = await causeWith(daemon, (params) => {
        mkdirSync(folderOf(daemon, params));
        chownSync(folderOf(daemon, params), 54_321, 54_321);
        return { user: 'root', sudo_user: 'alice', terminal: null };
      });
      assert.equal(cause, 'snooze config set by root (uid 54321)');
    },
  );
});
