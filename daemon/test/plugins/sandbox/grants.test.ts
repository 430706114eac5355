import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { requires } from '../../support/requires.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { engineOf, pluginFolders, runConfined, USERS } from './confined.ts';

const skip = requires('bwrap', 'setpriv', 'prlimit');
const uid = USERS[0] ?? 0;

type Permissions = { read?: string[]; write?: string[]; network?: string[] };

/** Runs a line of shell in bubblewrap with what a manifest grants. */
async function shell(t: TestContext, line: string, permissions: Permissions = {}, config = {}) {
  return runConfined(await engineOf('bubblewrap', uid), {
    uid,
    command: 'sh',
    args: ['-c', line],
    manifest: { permissions },
    config,
    ...pluginFolders(t, uid),
  });
}

test('a folder that is granted can be read and not written, another is not there', { skip }, async (t) => {
  const directory = temporaryDirectory(t);
  for (const name of ['granted', 'other']) {
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, 'file'), name);
  }
  const file = (name: string) => join(directory, name, 'file');
  const line = `cat ${file('granted')}; cat ${file('other')}; echo x >${file('granted')}`;
  const { output, lines } = await shell(t, line, { read: [join(directory, 'granted')] });
  assert.match(output, /^granted/);
  assert.match(output, /other\/file: No such file/);
  assert.match(output, /granted\/file: Read-only file system/);
  assert.deepEqual(lines.sort(), [
    `attacker asked for ${file('other')}; its manifest does not grant permissions.read`,
    `attacker asked for writing to ${file('granted')}; its manifest does not grant permissions.write`,
  ]);
});

test('a path may be named by the configuration', { skip }, async (t) => {
  const directory = temporaryDirectory(t);
  for (const name of ['in', 'out']) mkdirSync(join(directory, name));
  writeFileSync(join(directory, 'in', 'file'), 'hello');
  const { code, output } = await shell(
    t,
    `cat ${directory}/in/file >${directory}/out/file`,
    { read: [`\${config.from}/in`], write: [`\${config.to}`] },
    { from: directory, to: [join(directory, 'out')] },
  );
  assert.equal(code, 0, output);
  assert.equal(readFileSync(join(directory, 'out', 'file'), 'utf8'), 'hello');
});

test('its own folder is read-only, its state folder and /tmp are its own', { skip }, async (t) => {
  const name = `snooze-test-${process.pid}`;
  const { code, output } = await shell(
    t,
    `echo kept >"$HOME/state" && echo x >/tmp/${name} && echo x >/dev/shm/${name}`,
  );
  assert.equal(code, 0, output);
  assert.equal(existsSync(`/tmp/${name}`) || existsSync(`/dev/shm/${name}`), false);
  for (const path of ['mine', '/mine', '/dev/mine', '/usr/mine', '/etc/mine'])
    assert.match((await shell(t, `echo x >${path}`)).output, /Read-only file system/, path);
});

test('/tmp has an end', { skip }, async (t) => {
  const { output } = await shell(t, 'head -c 100000000 /dev/zero >/tmp/much');
  assert.match(output, /No space left/);
});

test('with /proc granted it sees the host’s processes and still cannot end one', { skip }, async (t) => {
  const { output } = await shell(
    t,
    `test -d /proc/${process.pid} && echo seen; kill -0 ${process.pid} && echo reached`,
    {
      read: ['/proc'],
    },
  );
  assert.match(output, /^seen/);
  assert.doesNotMatch(output, /reached/);
});

test('with /proc/net granted it sees the host’s connections, because an empty list would be a wrong answer', {
  skip,
}, async (t) => {
  const inode = (output: string) => /net:\[(\d+)\]/.exec(output)?.[1];
  const line = 'ls -l /proc/self/ns/net; cat /proc/net/tcp';
  const alone = await shell(t, line);
  const granted = await shell(t, line, { read: ['/proc/net'] });
  assert.ok(inode(alone.output) && inode(granted.output));
  assert.notEqual(inode(alone.output), inode(granted.output));
});

test('a plugin that may write everywhere has the whole host, with its processes', { skip }, async (t) => {
  const directory = temporaryDirectory(t);
  const { code, output } = await shell(
    t,
    `echo x >${directory}/file && kill -0 ${process.pid} && test -d /sys/kernel`,
    {
      read: ['/'],
      write: ['/'],
      network: ['*'],
    },
  );
  assert.equal(code, 0, output);
  assert.ok(existsSync(join(directory, 'file')));
});

test('with /proc granted for writing it sets what is its own there', { skip }, async (t) => {
  const { code, output } = await shell(t, 'cat /proc/self/oom_score_adj >/proc/self/oom_score_adj', {
    write: ['/proc'],
  });
  assert.equal(code, 0, output);
});

test('a plugin that may read everywhere may write nowhere', { skip }, async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'file'), 'text');
  const { output } = await shell(
    t,
    `cat /etc/hostname >/dev/null && ls /sys/kernel >/dev/null && echo read; echo x >/etc/mine`,
    {
      read: ['/'],
    },
  );
  assert.match(output, /^read/);
  assert.match(output, /Read-only file system/);
});

test('what is granted and not there does not keep it from starting', { skip }, async (t) => {
  const { output } = await shell(t, 'echo runs', { read: ['/no/such', '/run/no/such'], write: ['/nor/this'] });
  assert.equal(output, 'runs\n');
});

test('a refused connection is told with the permission that allows it', { skip }, async (t) => {
  const { lines } = await shell(t, 'echo "connect: Network is unreachable; Connection refused" >&2');
  assert.deepEqual(lines, ['attacker asked for the network; its manifest does not grant permissions.network']);
  assert.deepEqual((await shell(t, 'echo "Connection refused"', { network: ['db:1'] })).lines, []);
});

test('each path that is refused is told, until there are too many of them', { skip }, async (t) => {
  const directory = temporaryDirectory(t);
  const files = Array.from({ length: 12 }, (_, number) => join(directory, `file${number}`));
  for (const file of files) writeFileSync(file, '');
  const { lines } = await shell(t, `cat ${files.join(' ')} ${files[0]}`);
  const wanted = files
    .slice(0, 10)
    .map((file) => `attacker asked for ${file}; its manifest does not grant permissions.read`);
  assert.deepEqual(lines, [...wanted.slice(0, 9), `${wanted[9]} (no more of them are told)`]);
});

const TOLD: [what: string, line: string, manifest: object, told: RegExp][] = [
  [
    'a file given away',
    'touch "$HOME/gift"; chown 12345 "$HOME/gift"',
    {},
    /rights that it was not started with \(chown: .*Operation not permitted\); no permission of a manifest would allow it$/,
  ],
  ['another user', 'echo "su: Authentication failure" >&2', {}, /\(su: Authentication failure\); no permission/],
  [
    'sudo',
    'echo "sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set" >&2',
    {},
    /\(sudo: .*\); no permission/,
  ],
  [
    'a setting of the kernel',
    'echo 1 >/proc/sys/kernel/panic',
    {},
    /asked for writing to \/proc\/sys\/kernel\/panic; .* permissions\.write$/,
  ],
  [
    'a setting of the kernel from Python',
    `/usr/bin/python3 -c 'open("/proc/sys/kernel/panic", "w")'`,
    {},
    /asked for writing to \/proc\/sys\/kernel\/panic; .* permissions\.write$/,
  ],
  ['memory', './use-memory.py', { resources: { memory_mb: 256 } }, /more than the 256 MB that resources\.memory_mb/],
  [
    'processes',
    'echo "fork: Resource temporarily unavailable" >&2',
    { resources: { processes: 8 } },
    /more than the 128 processes and threads that resources\.processes \(8\)/,
  ],
];

for (const [what, line, manifest, told] of TOLD) {
  test(`a refusal of ${what} is told once, with what would allow it`, { skip }, async (t) => {
    const ran = await runConfined(await engineOf('bubblewrap', uid), {
      uid,
      command: 'sh',
      args: ['-c', line],
      manifest,
      ...pluginFolders(t, uid),
    });
    assert.equal(ran.lines.length, 1, [...ran.lines, ran.output].join('\n'));
    assert.match(ran.lines[0] ?? '', told);
  });
}

test('a database that refuses a password is no refusal of the sandbox', { skip }, async (t) => {
  assert.deepEqual((await shell(t, 'echo "FATAL: authentication failure for user app" >&2')).lines, []);
});
