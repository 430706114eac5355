import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { QUIET, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { isRunning } from '../support/processes.ts';
import { requires } from '../support/requires.ts';
import { snooze } from '../support/snooze.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';
import { MANIFEST, makeInstaller, pluginEntries, writeTarball } from './package.ts';

const skip = requires('bwrap', '/usr/bin/python3');

async function install(t: TestContext, manifest: object): Promise<string> {
  const directory = temporaryDirectory(t);
  const made = await makeInstaller(directory).install(
    await writeTarball(directory, pluginEntries({ ...MANIFEST, ...manifest })),
  );
  return made.directory;
}

test('a build writes to the folder of its plugin and to nothing else', { skip }, async (t) => {
  const outside = join(temporaryDirectory(t), 'outside');
  const script = `echo made >made && echo cached >"$HOME/cached" && ! echo out >'${outside}'`;
  const installed = await install(t, { build: { command: 'sh', args: ['-c', script] } });
  assert.equal(readFileSync(join(installed, 'made'), 'utf8'), 'made\n');
  assert.equal(existsSync(outside), false);
});

test('a build has the network where the plugin has it, and else the error says what would allow it', {
  skip,
}, async (t) => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const script = `import socket; socket.create_connection(("127.0.0.1", ${port}), timeout=5)`;
  const build = { command: 'python3', args: ['-c', script] };
  await install(t, { build, permissions: { network: ['127.0.0.1'] } });
  await assert.rejects(install(t, { build }), {
    code: 'SNOOZE_E_PLUGIN_BUILD',
    hint: 'mine asked for the network; its manifest does not grant permissions.network',
  });
});

test('kill -9 of the daemon ends a build, of which the next start leaves nothing', { skip }, async (t) => {
  const script = `sleep 1000; : ${randomUUID()}`;
  // the shell itself, and not what holds it
  const building = () =>
    readdirSync('/proc')
      .filter(
        (name) =>
          /^\d+$/.test(name) && /^[^\0]*sh$/.test(commandLine(name)[0] ?? '') && commandLine(name)[2] === script,
      )
      .map(Number)
      .filter(isRunning);
  const build = { command: 'sh', args: ['-c', script] };
  const source = writePlugin(
    temporaryDirectory(t),
    { name: 'mine', exec: { command: './run.sh' }, build },
    { 'run.sh': '' },
  );
  const TMPDIR = temporaryDirectory(t);
  const daemon = await startDaemonProcess(t, { config: QUIET, environment: { TMPDIR } });
  const typed = snooze(daemon, 'plugin', 'install', '--yes', source);
  await waitFor('the build', () => building().length > 0);
  await daemon.end('SIGKILL');
  await waitFor('its end', () => building().length === 0);
  assert.notEqual((await typed).exitCode, 0);
  await startDaemonProcess(t, { directory: daemon.directory });
  assert.deepEqual([readdirSync(TMPDIR), readdirSync(join(daemon.directory, 'plugins'))], [[], []]);
});

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return []; // it ended
  }
}
