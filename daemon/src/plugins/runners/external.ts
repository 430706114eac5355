import { sleep } from '../../clock.ts';
import { type HostSide, type ProcessOptions, startProcess } from '../process/plugin-process.ts';
import { stopProcess } from '../process/stop-process.ts';
import { callsOver } from './over-wire.ts';
import type { Runner } from './runner.ts';
import { talkTo } from './talk.ts';

export type ExternalOptions = ProcessOptions & HostSide;

/** One that does not hear SIGTERM is ended by SIGKILL after this time. */
const DEAF_MS = 2_000;

/**
 * Starts a plugin that stays, in a process, and process group, of its own.
 * @throws SnoozeError SNOOZE_E_PLUGIN_START when there is no such program.
 */
export async function startExternal(options: ExternalOptions): Promise<Runner> {
  const { clock } = options;
  const started = await startProcess(options);
  const { pid, stdin, traffic, terminate, heard } = started;
  const connection = talkTo(started, options);
  const ended = started.ended.finally(() => connection.close());
  const dismiss = async (why: string) => {
    terminate(why);
    const over = new AbortController();
    void ended.finally(() => over.abort());
    if (await sleep(clock, DEAF_MS, over.signal)) started.kill(why);
  };

  return {
    pid,
    ended,
    traffic,
    call: callsOver(connection, { ...options, ended, heard, dismiss }),
    async stop(reason, graceMs) {
      await stopProcess({
        pid,
        graceMs,
        clock,
        terminate: () => terminate(),
        exited: ended,
        askToEnd: async (timeoutMs) => {
          await connection.request('Shutdown', { reason }, timeoutMs).catch(() => {}); // it need not know the method
          stdin.end();
        },
      });
    },
  };
}
