import { SnoozeError } from '../errors.ts';
import { type ActionContext, defineAction } from './action.ts';

const TIMEOUT_MS = 10 * 60_000;

/** Runs the user's own program, with the reason in its environment. */
export const exec = defineAction({
  name: 'exec',
  describe: ({ execCommand }) => `run ${execCommand.map((word) => JSON.stringify(word)).join(' ')}`,
  async perform(context) {
    const [command = '', ...args] = context.execCommand;
    const { exitCode, stderr } = await context.run(command, args, {
      timeoutMs: TIMEOUT_MS,
      env: environmentFor(context),
      signal: context.signal,
    });
    if (exitCode === 0) return;
    throw new SnoozeError(
      'SNOOZE_E_ACTION',
      `${command} ended with ${exitCode}: ${stderr.trim().split('\n').at(-1) || 'it said nothing'}`,
    );
  },
});

function environmentFor({ reason, idleSeconds, provider }: ActionContext): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    SNOOZE_ACTION: 'exec',
    SNOOZE_REASON: reason,
    SNOOZE_IDLE_SECONDS: String(Math.round(idleSeconds)),
    SNOOZE_INSTANCE_ID: provider.identity?.instanceId ?? '',
  };
}
