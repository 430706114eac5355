import { setTimeout as pause } from 'node:timers/promises';
import { startDaemon } from './daemon.ts';
import type { Bench } from './main.ts';
import { processMemory } from './process-cost.ts';

const SETTLED_AFTER_MS = 12_000;

/** Memory of the daemon that watches, with a shell and a Python plugin, after some rounds. */
export const memory: Bench = async (forms, say) => {
  for (const form of forms) {
    const daemon = await startDaemon(form, {
      check_interval_seconds: 1,
      plugins: { plugin_configs: { 'ssh-guard': {}, 'redis-monitor': { if_down: 'idle' } } },
    });
    await pause(SETTLED_AFTER_MS);
    const { rssMib, anonymousMib } = processMemory(daemon.child.pid);
    await daemon.stop();
    const goal = form.name === 'bundle' ? ' (goal: RSS under 65 MiB)' : '';
    say(
      `memory with two plugins, ${form.name}: RSS ${rssMib.toFixed(1)} MiB, of it anonymous ${anonymousMib.toFixed(1)} MiB${goal}`,
    );
  }
};
