import type { Provider } from '../cloud/provider.ts';
import type { CommandRunner } from '../command.ts';

/** What an action needs to know of the snooze it carries out. */
export type ActionContext = {
  provider: Provider;
  run: CommandRunner;
  /** Why the host is stopped, in words. */
  reason: string;
  idleSeconds: number;
  /** The config's `exec_command`: program and arguments; empty when not configured. */
  execCommand: readonly string[];
  signal: AbortSignal;
};

/** One way to end a snooze. */
export type Action = {
  name: 'stop' | 'poweroff' | 'exec' | 'none';
  /** Exactly what `perform` would do, in words that follow "would ". Changes nothing. */
  describe(context: ActionContext): string;
  /**
   * Does it; resolves when the host is on its way down.
   * @throws SnoozeError of the cloud, SNOOZE_E_COMMAND or SNOOZE_E_ACTION.
   */
  perform(context: ActionContext): Promise<void>;
};

/** Gives an action its type; every file of this room exports one, and `registry.ts` lists them. */
export function defineAction(action: Action): Action {
  return action;
}
