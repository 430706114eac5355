import { callsOver } from './over-wire.ts';
import { type HostSide, type ProcessOptions, startProcess } from './plugin-process.ts';
import type { Runner } from './runner.ts';
import { stopProcess } from './stop-process.ts';
import { talkTo } from './talk.ts';

export type ExternalOptions = ProcessOptions & HostSide;

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

  return {
    pid,
    ended,
    traffic,
    call: callsOver(connection, { ...options, ended, heard }),
    async stop(reason, graceMs) {
      await stopProcess({
        pid,
        graceMs,
        clock,
        terminate,
        exited: ended,
        askToEnd: async (timeoutMs) => {
          await connection.request('Shutdown', { reason }, timeoutMs).catch(() => {}); // it need not know the method
          stdin.end();
        },
      });
    },
  };
}
