import type { Clock } from '../../clock.ts';
import type { Identity } from '../../cloud/provider.ts';
import type { Log } from '../../log.ts';
import type { Notice } from '../event.ts';

export type SourceContext = {
  identity: Identity | null;
  clock: Clock;
  log: Log;
  pollSeconds: number;
  emit(notice: Notice): void;
  signal: AbortSignal;
};

/** Where events come from. */
export type Source = {
  name: string;
  title: string;
  /** Whether this host has it at all. */
  applies(identity: Identity | null): boolean;
  /** Watches until `signal` aborts, then resolves; never rejects. State for `snooze status` is in `health`. */
  watch(context: SourceContext): { ended: Promise<void>; health(): SourceHealth };
};

/** How a source is doing, for `snooze status`. */
export type SourceHealth = { status: 'starting' | 'ok' | 'failing'; message: string; sinceWallMs: number };

/** Gives a source its type; every file of this room exports one, and `registry.ts` lists them. */
export function defineSource(source: Source): Source {
  return source;
}
