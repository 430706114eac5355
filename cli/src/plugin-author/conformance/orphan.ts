import { sleep } from '@cloudsnooze/daemon/clock';
import { messageOf } from '@cloudsnooze/daemon/errors';
import { descendantsOf, isRunning } from '@cloudsnooze/daemon/plugins/sandbox/processes';
import { type Workbench, withTrial } from '../session.ts';
import type { Report } from './outcome.ts';

/** Starts a stand-in for the daemon, which starts the plugin; the first shell holds the plugin's pipes open. */
const STAND_IN = `exec 3<&0; sh -c '"$@" <&3 & wait' snoozed "$@" & exec sleep 60`;
const UNTOLD = 'this system does not tell which processes there are';
const LIMIT_MS = 3_000;
const LOOK_EVERY_MS = 50;

/** Whether it ends when what started it is killed, while its pipes stay open; gives what tells it. */
export async function orphan(bench: Workbench): Promise<(report: Report) => void> {
  const what = 'ends with the daemon, although its pipes stay open';
  const { manifest } = bench.spec;
  const { command = '', args = [] } = manifest.exec ?? {};
  const exec = { command: 'sh', args: ['-c', STAND_IN, 'sh', command, ...args] };
  return await withTrial(
    { ...bench, spec: { ...bench.spec, manifest: { ...manifest, exec } } },
    'off',
    async (trial) => {
      if (trial.process === null)
        return (report) => report.notTried('P-44', what, 'it has no process of its own that lasts');
      try {
        await trial.initialize();
      } catch (error) {
        return (report) => report('P-44', what, `it did not start: ${messageOf(error)}`);
      }
      const [daemon = 0] = descendantsOf(trial.process.pid);
      const [plugin = 0] = descendantsOf(daemon);
      if (plugin === 0) return (report) => report.notTried('P-44', what, UNTOLD);
      process.kill(daemon, 'SIGKILL');
      for (let waitedMs = 0; waitedMs < LIMIT_MS && isRunning(plugin); waitedMs += LOOK_EVERY_MS)
        await sleep(bench.clock, LOOK_EVERY_MS, bench.signal);
      const note = 'not by itself; what snoozed leaves behind to end it does, so it is forgiven';
      return isRunning(plugin) ? (report) => report.held('P-44', what, note) : (report) => report('P-44', what);
    },
  );
}
