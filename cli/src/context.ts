import type { Clock } from '@cloudsnooze/daemon/clock';
import type { ControlClient } from '@cloudsnooze/daemon/control/client';
import type { Confirm } from './confirm.ts';
import type { Style } from './render/style.ts';

/** What a command may touch of the world; nothing in `commands/` reaches for `process`. */
export type CommandContext = {
  output: Output;
  environment: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  socket: string;
  /** `--json`: print data, not sentences. */
  json: boolean;
  style: Style;
  /** Asks a person; null where there is none. */
  confirm: Confirm | null;
  /**
   * Runs `act` with a connection to the daemon and closes it afterwards.
   * @throws SnoozeError SNOOZE_E_NO_DAEMON, SNOOZE_E_NOT_PERMITTED, and whatever the daemon answers.
   */
  withDaemon<T>(act: (client: ControlClient) => Promise<T>): Promise<T>;
  /** What the command has found and printed is a failure: the exit code is 1. */
  failed: () => void;
  /** Aborts when the user or the system wants the program to end. */
  interrupted: () => AbortSignal;
};

/** Where the data goes: standard output. */
export type Output = {
  isTerminal: boolean;
  write(text: string): void;
  size(): { columns: number; rows: number };
  /** Calls back when the window has changed; the function it returns ends that. */
  onResize(callback: () => void): () => void;
  /** Runs `leave` when the process ends in whatever way; the function it returns runs it now, once. */
  beforeExit(leave: () => void): () => void;
};

/** Prints lines. */
export function printLines(output: Output, lines: readonly string[]): void {
  output.write(lines.map((line) => `${line}\n`).join(''));
}

/** Prints data for programs. */
export function printJson(output: Output, value: unknown): void {
  output.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** How wide a list may be: as the window, and in a pipe as it needs to be, for `grep` must find what is in it. */
export function listWidth(output: Output): number {
  return output.isTerminal ? output.size().columns : Number.POSITIVE_INFINITY;
}
