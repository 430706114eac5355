import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { enforcement } from '../../../src/plugins/sandbox/enforcement.ts';
import { ownUid } from '../../../src/plugins/sandbox/own-user.ts';
import { isRunning } from '../../support/processes.ts';
import { requires } from '../../support/requires.ts';
import { engineOf, pluginFolders, runConfined, USERS } from './confined.ts';

const MANIFEST = { name: 'attacker', version: '1.0.0', type: 'external' as const };
const skip = requires('bwrap', 'setpriv', 'prlimit', '/usr/bin/python3');

const notRoot = process.geteuid?.() !== 0 && 'needs root';

/** What each engine enforces, for root and for everybody else; all that is not here is shown as declared. */
const ENFORCED: Record<string, (uid: number) => string[]> = {
  bubblewrap: () => [
    ...['network', 'read', 'write', 'other processes', 'privileges', 'env', 'host', 'memory_mb', 'processes'],
  ],
  setpriv: (uid) => ['privileges', 'env', 'host', 'memory_mb', ...(uid === 0 ? ['processes'] : [])],
  plain: () => ['env', 'host'],
};

for (const [name, enforced] of Object.entries(ENFORCED)) {
  for (const uid of USERS) {
    const who = uid === 0 ? 'root' : 'an ordinary user';
    test(`under ${name} as ${who}, what is shown as enforced is refused to a plugin that tries it`, {
      skip,
    }, async (t) => {
      const host = await engineOf(name, uid);
      const shown = enforcement(MANIFEST, host).filter(({ level }) => level === 'enforced');
      assert.deepEqual(
        shown.map(({ permission }) => permission),
        enforced(uid),
      );
      const attacks = await attacksOf(t, uid);
      for (const { permission, attempt } of attacks.filter((each) => enforced(uid).includes(each.permission))) {
        const { code, output } = await attempt(host);
        assert.notEqual(code, 0, `${permission}: ${output}`);
      }
    });
  }
}

test('without an engine every attack succeeds, so that a refusal above is the engine’s', { skip }, async (t) => {
  const uid = USERS[0] ?? 0;
  const host = await engineOf('plain', uid);
  for (const { permission, attempt } of await attacksOf(t, uid)) {
    if (['write', 'privileges'].includes(permission) && uid !== 0) continue; // the system's own rights refuse it
    const { code, output } = await attempt(host);
    assert.equal(code, 0, `${permission}: ${output}`);
  }
});

test('under setpriv an ordinary user’s fork bomb is stopped, although the number of processes is only declared', {
  skip: skip || (USERS.every((uid) => uid === 0) && 'needs an ordinary user'),
}, async (t) => {
  const uid = USERS.at(-1) ?? 0;
  const ran = await runConfined(await engineOf('setpriv', uid), {
    uid,
    command: './fork-many.py',
    ...pluginFolders(t, uid),
  });
  assert.match(ran.output, /Resource temporarily unavailable/);
  assert.match(
    ran.lines.join(),
    /seems to need more than the 512 processes and threads that resources.processes \(32\) of its manifest gives it/,
  );
});

test('a plugin of root’s that is granted files stays root, and how many processes it may have is only declared', {
  skip: skip || notRoot,
}, async (t) => {
  const host = await engineOf('bubblewrap', 0);
  const folders = pluginFolders(t, 0);
  const secret = join(folders.directory, '..', 'secret');
  writeFileSync(secret, 'secret', { mode: 0o600 });
  const permissions = { read: [secret] };
  const processes = enforcement({ ...MANIFEST, permissions }, host).find((each) => each.permission === 'processes');
  assert.equal(processes?.level, 'declared');
  const run = (...args: string[]) =>
    runConfined(host, { uid: 0, command: '/bin/sh', args: ['-c', ...args], manifest: { permissions }, ...folders });
  assert.equal((await run('id -u; cat "$0"', secret)).output, '0\nsecret');
});

test('a plugin of root’s that is granted files can read settings of the kernel’s and change none', {
  skip: skip || notRoot,
}, async (t) => {
  const { code, output } = await runConfined(await engineOf('bubblewrap', 0), {
    uid: 0,
    command: '/bin/sh',
    args: ['-c', 'size=$(cat "$0") && echo "$size" && echo "$size" >"$0"', '/proc/sys/fs/pipe-user-pages-soft'],
    manifest: { permissions: { read: ['/usr/share/doc'] } },
    ...pluginFolders(t, 0),
  });
  assert.match(output, /^\d+\n/);
  assert.notEqual(code, 0);
});

for (const name of ['bubblewrap', 'setpriv'])
  test(`under ${name} a plugin of root’s can end no process of root’s, and reads and writes what is its own`, {
    skip: skip || notRoot,
  }, async (t) => {
    const folders = pluginFolders(t, 0);
    chmodSync(folders.directory, 0o700);
    const other = spawn('sleep', ['1000'], { stdio: 'ignore' });
    t.after(() => other.kill());
    const script = 'cat fork-many.py >"$HOME/copy" && chmod 600 "$HOME/copy" && id -u && ! kill -KILL "$0" 2>/dev/null';
    const { code, output } = await runConfined(await engineOf(name, 0), {
      uid: 0,
      command: '/bin/sh',
      args: ['-c', script, String(other.pid)],
      ...folders,
    });
    assert.deepEqual({ code, output }, { code: 0, output: `${ownUid(folders.stateDirectory)}\n` });
    assert.equal(isRunning(other.pid ?? 0), true);
  });

type Attack = {
  permission: string;
  attempt: (host: Awaited<ReturnType<typeof engineOf>>) => ReturnType<typeof runConfined>;
};

/** One attempt at each thing that a manifest has to grant. */
async function attacksOf(t: TestContext, uid: number): Promise<Attack[]> {
  const folders = pluginFolders(t, uid);
  const run =
    (command: string, ...args: string[]): Attack['attempt'] =>
    (host) =>
      runConfined(host, { uid, command: `./${command}`, args, ...folders });
  const home = mkdtempSync(join(uid === 0 ? homedir() : '/var/tmp', 'snooze-test-home-'));
  chmodSync(home, 0o755);
  const secret = join(home, 'secret');
  const setting = `/etc/snooze-test-${process.pid}`;
  const setuidProgram = join(folders.directory, 'id');
  writeFileSync(secret, 'secret');
  copyFileSync('/usr/bin/id', setuidProgram);
  chmodSync(setuidProgram, 0o4755);
  t.after(() => {
    rmSync(home, { recursive: true });
    rmSync(setting, { force: true });
  });
  const server = createServer((socket) => socket.end());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return [
    { permission: 'network', attempt: run('reach-network.py', String(port)) },
    { permission: 'read', attempt: run('read-home.sh', secret) },
    { permission: 'write', attempt: run('write-etc.sh', setting) },
    { permission: 'other processes', attempt: run('see-process.sh', String(process.pid)) },
    { permission: 'privileges', attempt: run('gain-privileges.sh', setuidProgram) },
    { permission: 'memory_mb', attempt: run('use-memory.py') },
    { permission: 'processes', attempt: run('fork-many.py') },
  ];
}
