import { SnoozeError } from '../../errors.ts';

/** How a plugin that was not told to stop came to its end. */
export type RunnerEnd = {
  /** One sentence, with the exit code and what it said last. */
  message: string;
  /** It says that its configuration is wrong (exit code 78): starting it again would not help. */
  configurationWrong: boolean;
  /** Null where a signal ended it, or it has no process. */
  exitCode: number | null;
};

/** Bytes over its standard input and output. */
export type Traffic = { toPlugin: number; fromPlugin: number };

export type CallOptions = {
  timeoutMs: number;
  /** Goes before calls that wait and are less urgent; 0 where it is left out. */
  urgency?: number;
  /** The type of an event with a deadline: a call that is no event makes way for it, soon. */
  hurry?: string;
  signal?: AbortSignal;
};

/** A plugin that runs, in a process of its own or in ours. */
export type Runner = {
  readonly pid: number | null;
  /**
   * Calls a method of the plugin.
   * @throws RpcAnswerError when it answers with an error, SnoozeError SNOOZE_E_PLUGIN_TIMEOUT or SNOOZE_E_PLUGIN_ANSWER
   * when it does not answer.
   */
  call(method: string, params: unknown, options: CallOptions): Promise<unknown>;
  traffic(): Traffic;
  /** Resolves when it is gone, told to or not. */
  ended: Promise<RunnerEnd>;
  /** Ends it within about `graceMs`; afterwards no process of it is left. */
  stop(reason: string, graceMs: number): Promise<void>;
};

/** The error of a plugin that did not answer in time. */
export function timeoutError(instance: string, method: string, timeoutMs: number): SnoozeError {
  return new SnoozeError(
    'SNOOZE_E_PLUGIN_TIMEOUT',
    `${instance} did not answer ${method} within ${Math.round(timeoutMs)} ms`,
  );
}
