import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DaemonProcess, QUIET, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SNOOZE = new URL('../../../cli/bin/snooze', import.meta.url).pathname;
const MINE = `#!/bin/sh
while read -r line; do
  id=\${line#*'"id":'}; id=\${id%%[!0-9]*}
  echo '{"id":'"$id"',"result":{"is_idle":true,"reason":"nothing to do"}}'
done
`;

/** A daemon with the plugin `mine` enabled and `spare` disabled, and the CLI for it. */
async function startWithMine(t: Parameters<typeof startDaemonProcess>[0]) {
  const directory = temporaryDirectory(t);
  for (const name of ['mine', 'spare'])
    writePlugin(join(directory, 'plugins'), { name, exec: { command: './run.sh' } }, { 'run.sh': MINE });
  const plugins = { plugin_configs: { mine: {} } };
  const daemon = await startDaemonProcess(t, { directory, config: { ...QUIET, naptime_minutes: 60, plugins } });
  return { daemon, snooze: (...args: string[]) => snooze(daemon, ...args) };
}

/** Runs the CLI as a user does. */
async function snooze(daemon: DaemonProcess, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(SNOOZE, ['--socket', daemon.socket, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const [code] = await once(child, 'close');
  return { code: code as number, out, err };
}

test('restart gives the first verdict of the new process, or says why there is none', async (t) => {
  const { daemon, snooze } = await startWithMine(t);
  const before = (await daemon.status()).plugins[0]?.pid;
  const { code, out } = await snooze('plugin', 'restart', 'mine');
  assert.equal(code, 0);
  assert.match(out, /mine running · idle · nothing to do/);
  assert.notEqual((await daemon.status()).plugins[0]?.pid, before);
  const info = await snooze('plugin', 'info', 'mine');
  assert.match(info.out, /since +\d\d:\d\d: it is ready/);
  const disabled = await snooze('plugin', 'restart', 'spare');
  assert.deepEqual(
    [disabled.code, disabled.err],
    [1, 'snooze: spare is disabled\n  type: snooze plugin enable spare\n'],
  );
  assert.equal((await snooze('plugin', 'restart', 'nobody')).code, 1);
});
