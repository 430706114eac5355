import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { startDaemon } from './daemon.ts';
import type { Bench } from './main.ts';
import { processCost } from './process-cost.ts';

/** Long enough for four checks at the default of one a minute. */
const MEASURED_SECONDS = 240;
/** V8 collects the garbage of the start after about half a minute, once. */
const SETTLED_AFTER_MS = 45_000;

/** What watching costs at defaults, beside a Node that only wakes once a minute, in the same minutes. */
export const idleCost: Bench = async (forms, say) => {
  const emptyTimer = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60_000)'], { stdio: 'ignore' });
  const daemons = await Promise.all(forms.map((form) => startDaemon(form, {})));
  try {
    await pause(SETTLED_AFTER_MS);
    const pids = [emptyTimer.pid ?? 0, ...daemons.map((daemon) => daemon.child.pid)];
    const before = pids.map(processCost);
    await pause(MEASURED_SECONDS * 1000);
    const names = ['empty timer', ...forms.map((form) => `snoozed, ${form.name}`)];
    pids.map(processCost).forEach((after, index) => {
      const perHour = 3600 / MEASURED_SECONDS;
      const cpuSeconds = ((after.cpuMs - (before[index]?.cpuMs ?? 0)) / 1000) * perHour;
      const wakeUps = (after.wakeUps - (before[index]?.wakeUps ?? 0)) * perHour;
      const goal = index === 1 ? ' (goal: under 2 times the empty timer)' : '';
      say(`${names[index]}: ${cpuSeconds.toFixed(3)} CPU s and ${wakeUps.toFixed(0)} wake-ups an hour${goal}`);
    });
  } finally {
    emptyTimer.kill();
    await Promise.all(daemons.map((daemon) => daemon.stop()));
  }
};
