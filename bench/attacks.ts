import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ControlClient, connectControl } from '../daemon/src/control/client.ts';
import { waitFor } from '../daemon/test/support/wait-for.ts';
import { type Form, startDaemon } from './daemon.ts';
import type { Bench } from './main.ts';
import { processMemory, quantile } from './process-cost.ts';

const PROGRAMS = 'daemon/test/plugins/attacks';
/** They try what the sandbox refuses, and take nothing of the machine. */
const HARMLESS = /^(gain-|reach-|read-|see-|write-)/;
/** They speak no protocol: started anew for each check. */
const WORDLESS = ['fork-many.py', 'use-memory.py'];
const LASTS_MS = 5_000;
const ASKED_EACH_MS = 20;

const GOOD = `#!/bin/sh
while read -r line; do
  id=\${line#*'"id":'}; id=\${id%%[!0-9]*}
  echo '{"id":'"$id"',"result":{"is_idle":true,"reason":"idle"}}'
done
`;

/** What each plugin of the tests that misbehaves costs the daemon, whoever asks it, and the plugin beside it. */
export const attacks: Bench = async ([form], say) => {
  for (const program of readdirSync(PROGRAMS).filter((name) => !HARMLESS.test(name))) {
    if (form === undefined) return;
    const { grewMib, tookMs, onTime, asked } = await attack(form, program);
    say(
      `${program}: RSS +${grewMib.toFixed(1)} MiB (goal: under 20); status p50 ${quantile(tookMs, 0.5).toFixed(1)} ms, slowest of ${tookMs.length} ${Math.max(...tookMs).toFixed(1)} ms (goal: under 50 ms); the other plugin on time ${onTime} of ${asked} times`,
    );
  }
};

async function attack(form: Form, program: string) {
  const directory = mkdtempSync(join(tmpdir(), 'snooze-bench-'));
  writePlugin(directory, { name: 'good', program: 'plugin.sh', timeouts: { check_seconds: 1 } });
  writeFileSync(join(directory, 'good', 'plugin.sh'), GOOD, { mode: 0o755 });
  writePlugin(directory, { name: 'attack', program, timeouts: { check_seconds: 0.3, start_seconds: 20 } });
  copyFileSync(join(PROGRAMS, program), join(directory, 'attack', program));
  const config = (plugins: readonly string[]) => ({
    check_interval_seconds: 0.2,
    plugins: { directories: [directory], plugin_configs: Object.fromEntries(plugins.map((name) => [name, {}])) },
  });
  const daemon = await startDaemon(form, config(['good']), { PATH: '/usr/bin:/bin' });
  const client = await connectControl(daemon.socket);
  const residentMib = () => processMemory(daemon.child.pid).rssMib;
  try {
    await waitFor('the other plugin', async () => (await checksOfGood(client)).calls > 3);
    const [beforeMib, before] = [residentMib(), await checksOfGood(client)];
    writeFileSync(join(dirname(daemon.socket), 'snooze.json'), JSON.stringify(config(['good', 'attack'])));
    await client.call('config.reload', {});
    let mostMib = beforeMib;
    const tookMs: number[] = [];
    for (const untilMs = performance.now() + LASTS_MS; performance.now() < untilMs; await pause(ASKED_EACH_MS)) {
      const askedMs = performance.now();
      await client.call('status', {});
      tookMs.push(performance.now() - askedMs);
      mostMib = Math.max(mostMib, residentMib());
    }
    const after = await checksOfGood(client);
    const asked = after.calls - before.calls;
    return { grewMib: mostMib - beforeMib, tookMs, asked, onTime: asked - (after.timeouts - before.timeouts) };
  } finally {
    client.close();
    await daemon.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function checksOfGood(client: ControlClient): Promise<{ calls: number; timeouts: number }> {
  const { methods } = (await client.call('plugin.details', { name: 'good' })).statistics;
  return methods['CheckIdle'] ?? { calls: 0, timeouts: 0 };
}

function writePlugin(
  directory: string,
  { name, program, timeouts }: { name: string; program: string; timeouts: object },
) {
  const exec = program.endsWith('.py') ? { command: 'python3', args: [program] } : { command: `./${program}` };
  const model = WORDLESS.includes(program) ? 'exec' : 'persistent';
  const manifest = {
    name,
    version: '1.0.0',
    type: 'external',
    process_model: model,
    exec,
    timeouts,
    permissions: { host: ['Host.*'] },
  };
  mkdirSync(join(directory, name));
  writeFileSync(join(directory, name, 'plugin.json'), JSON.stringify(manifest));
}
