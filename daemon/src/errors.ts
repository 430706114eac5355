/**
 * The error catalogue: every error a user can meet has a code here, with what it means.
 * `docs/errors.md` says the same to people; a test holds the two together.
 */
export const ERROR_MEANINGS = {
  SNOOZE_E_USAGE: 'a command, an option or an argument is wrong',
  SNOOZE_E_CONFIG_INVALID: 'the configuration file is not valid',
  SNOOZE_E_CONFIG_UNREADABLE: 'the configuration file cannot be read or written',
  SNOOZE_E_MANIFEST_INVALID: "a plugin's manifest, plugin.json, is not valid",
  SNOOZE_E_PLUGIN_UNKNOWN: 'there is no plugin or instance of that name',
  SNOOZE_E_PLUGIN_START: 'a plugin did not start',
  SNOOZE_E_PLUGIN_SANDBOX: 'a plugin must run in a sandbox, and this host cannot make one',
  SNOOZE_E_PLUGIN_CONFIG: "a plugin's configuration does not fit its schema",
  SNOOZE_E_PLUGIN_ANSWER: 'a plugin answered with an error or with something that is not an answer',
  SNOOZE_E_PLUGIN_TIMEOUT: 'a plugin did not answer in time',
  SNOOZE_E_PLUGIN_BUILD: 'a plugin could not be built on this host',
  SNOOZE_E_FETCH: 'a plugin package cannot be fetched',
  SNOOZE_E_INSTALL: 'a plugin package cannot be installed or removed',
  SNOOZE_E_SIGNATURE: 'a plugin package is not signed as it must be',
  SNOOZE_E_PLUGIN_CHANGED: 'an installed plugin is not as it was installed',
  SNOOZE_E_PLUGIN_APPROVAL: 'a plugin asks for more than was approved',
  SNOOZE_E_EVENT_INVALID: 'an event is not valid',
  SNOOZE_E_EVENT_UNKNOWN: 'there is no event with that id',
  SNOOZE_E_EVENT_STATE: 'that cannot be done with an event now',
  SNOOZE_E_CLOUD_DENIED: 'the cloud refused a call',
  SNOOZE_E_CLOUD_FAILED: 'a call to the cloud failed',
  SNOOZE_E_METADATA: 'the metadata service did not answer as expected',
  SNOOZE_E_ACTION: 'an action could not be done',
  SNOOZE_E_COMMAND: 'a program that was started failed, was missing or took too long',
  SNOOZE_E_STATE: 'the state directory cannot be used',
  SNOOZE_E_RUNNING: 'another snoozed uses the same state directory',
  SNOOZE_E_SOCKET: 'the control socket cannot be used',
  SNOOZE_E_NO_DAEMON: 'no snoozed answers on the control socket',
  SNOOZE_E_NO_ANSWER: 'snoozed is there and did not answer in time',
  SNOOZE_E_NOT_PERMITTED: 'this user may not do that',
} as const;

export type ErrorCode = keyof typeof ERROR_MEANINGS;

/** An error that a user can meet: what went wrong in `message`, what to do about it in `hint`. */
export class SnoozeError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'SnoozeError';
    this.code = code;
    this.hint = options.hint;
  }
}

/** The text of anything that was thrown, on one line; the lines of our own errors are one fault each. */
export function messageOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.trim().replaceAll(/\s*\n\s*/g, thrown instanceof SnoozeError ? '; ' : ' ');
}

/** How an error reads on a terminal or in a log: what, and after it what to do. */
export function describeError(thrown: unknown): string {
  const hint = thrown instanceof SnoozeError ? thrown.hint : undefined;
  return hint === undefined ? messageOf(thrown) : `${messageOf(thrown)} — ${hint}`;
}

/** Node's and the system's error code (`ENOENT`, `EACCES` …) where the thrown thing has one. */
export function systemCodeOf(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
