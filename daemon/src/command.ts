/** A program that ran to its end. */
export type CommandResult = {
  exitCode: number;
  stdout: string;
  stderr: string;
};

export type CommandOptions = {
  timeoutMs: number;
  /** The whole environment of the program; nothing is inherited but what stands here. */
  env?: Record<string, string>;
  cwd?: string;
  /** What the program reads on its standard input. */
  input?: string;
  signal?: AbortSignal;
};

/**
 * Runs a short-lived program to its end and gives its exit code and output (each capped).
 * @throws SnoozeError SNOOZE_E_COMMAND when the program is missing, is ended by a signal, or takes too long.
 */
export type CommandRunner = (
  command: string,
  args: readonly string[],
  options: CommandOptions,
) => Promise<CommandResult>;
