import { lastLine } from '../command.ts';
import { SnoozeError } from '../errors.ts';
import { type ActionContext, defineAction } from './action.ts';

const TIMEOUT_MS = 10 * 60_000;

/** Runs the user's own program, with the reason in its environment. */
export const exec = defineAction({
  name: 'exec',
  describe: ({ execCommand }) =>
    execCommand.length === 0
      ? 'run nothing, for exec_command is empty'
      : `run ${execCommand.map((word) => JSON.stringify(word)).join(' ')}`,
  async perform(context) {
    const [command, ...args] = context.execCommand;
    if (command === undefined) {
      throw new SnoozeError('SNOOZE_E_ACTION', 'action "exec" has no program: exec_command is empty', {
        hint: 'set exec_command to the program and its arguments, as in ["/usr/local/bin/before-stop", "--now"]',
      });
    }
    const { exitCode, stderr } = await context.run(command, args, {
      timeoutMs: TIMEOUT_MS,
      env: environmentFor(context),
      signal: context.signal,
    });
    if (exitCode === 0) return;
    throw new SnoozeError('SNOOZE_E_ACTION', `${command} ended with ${exitCode}: ${lastLine(stderr)}`);
  },
});

function environmentFor({ reason, idleSeconds, provider }: ActionContext): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    SNOOZE_ACTION: 'exec',
    // A plugin's reason may hold a NUL, which would keep every program from starting.
    SNOOZE_REASON: reason.replaceAll('\0', ' '),
    SNOOZE_IDLE_SECONDS: String(Math.round(idleSeconds)),
    SNOOZE_INSTANCE_ID: provider.identity?.instanceId ?? '',
  };
}
