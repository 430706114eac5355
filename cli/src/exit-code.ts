import { type ErrorCode, SnoozeError } from '@cloudsnooze/daemon/errors';

/** What the exit codes mean (DESIGN.md); scripts rely on them. */
export const EXIT_CODE = { done: 0, failed: 1, usage: 2, noDaemon: 3, notPermitted: 4, configInvalid: 5 } as const;

const BY_ERROR: Partial<Record<ErrorCode, number>> = {
  SNOOZE_E_USAGE: EXIT_CODE.usage,
  SNOOZE_E_EVENT_INVALID: EXIT_CODE.usage,
  SNOOZE_E_NO_DAEMON: EXIT_CODE.noDaemon,
  SNOOZE_E_NOT_PERMITTED: EXIT_CODE.notPermitted,
  SNOOZE_E_CONFIG_INVALID: EXIT_CODE.configInvalid,
  SNOOZE_E_CONFIG_UNREADABLE: EXIT_CODE.configInvalid,
  SNOOZE_E_PLUGIN_CONFIG: EXIT_CODE.configInvalid,
};

/** The exit code for what a command threw. */
export function exitCodeOf(thrown: unknown): number {
  return (thrown instanceof SnoozeError ? BY_ERROR[thrown.code] : undefined) ?? EXIT_CODE.failed;
}
