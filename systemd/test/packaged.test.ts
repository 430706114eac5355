import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { QUIET } from '../../daemon/test/support/daemon-process.ts';
import { temporaryDirectory } from '../../daemon/test/support/temporary-directory.ts';
import { waitFor } from '../../daemon/test/support/wait-for.ts';
import { bundleCli, bundleDaemon, PACKAGED_FLAGS } from '../../scripts/bundle.ts';

const EXAMPLES = new URL('../../plugins-examples/', import.meta.url).pathname;

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null) await once(child, 'exit');
}

test('as they are packaged, daemon and CLI install and run a plugin in shell, one in TypeScript, and one in a thread', async (t) => {
  const directory = temporaryDirectory(t);
  await bundleDaemon(directory);
  await bundleCli(join(directory, 'cli'));
  const socket = join(directory, 'socket');
  const config = join(directory, 'snooze.json');
  writeFileSync(config, JSON.stringify({ ...QUIET, action: 'none', plugins: { npm_registry: 'http://127.0.0.1:1' } }));
  const environment = { PATH: process.env['PATH'] ?? '', AWS_EC2_METADATA_DISABLED: 'true', SNOOZE_SOCKET: socket };
  const daemon = spawn(
    process.execPath,
    [...PACKAGED_FLAGS, join(directory, 'snoozed.js'), '--config', config, '--state-dir', directory],
    { env: environment, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  t.after(async () => {
    daemon.kill();
    await ended(daemon);
  });
  await waitFor('the socket', () => existsSync(socket));
  const snooze = (...typed: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(directory, 'cli/snooze.js'), ...typed], {
      env: environment,
      encoding: 'utf8',
    });
    assert.equal(status, 0, `${typed.join(' ')}: ${stderr}`);
    return stdout;
  };
  const threaded = join(directory, 'threaded');
  mkdirSync(threaded);
  const manifest = { name: 'threaded', version: '1.0.0', type: 'native', isolation: 'worker', module: 'plugin.ts' };
  writeFileSync(join(threaded, 'plugin.json'), JSON.stringify(manifest));
  writeFileSync(
    join(threaded, 'plugin.ts'),
    "export const plugin = { checkIdle: (): object => ({ is_idle: true, reason: 'quiet' }) };",
  );
  for (const plugin of [join(EXAMPLES, 'ssh-guard'), join(EXAMPLES, 'keep-awake-file'), threaded]) {
    snooze('plugin', 'install', plugin, '--yes');
    assert.match(snooze('plugin', 'enable', basename(plugin)), /running · (idle|busy)/);
  }
  assert.match(snooze('plugin', 'test', threaded), /quiet/);
  const npm = [join(directory, 'cli/snooze.js'), 'plugin', 'install', 'npm:nobody'];
  assert.match(
    spawnSync(process.execPath, npm, { env: environment, encoding: 'utf8' }).stderr,
    /nobody: .*ECONNREFUSED/,
  );
  assert.match(snooze('status'), /ssh-guard .*\n(.*\n)*.*keep-awake-file|keep-awake-file .*\n(.*\n)*.*ssh-guard/);
});
