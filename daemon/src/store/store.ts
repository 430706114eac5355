import type { Closing, EventRecord, EventState, HandlerOutcome, Remark, SnoozeEvent, Turn } from '../events/event.ts';
import type { Sample } from '../monitors/monitor.ts';

/** One line of the history: what was decided, by whom or what, and why. */
export type HistoryEntry = {
  id: number;
  /** RFC 3339 UTC. */
  at: string;
  kind: HistoryKind;
  /** Who or what caused it: `idle policy`, `user alice`, `plugin redis-monitor`, `config reload` … */
  cause: string;
  summary: string;
  details: Record<string, unknown>;
};

export type HistoryKind = 'daemon' | 'snooze' | 'snooze-failed' | 'resume' | 'veto' | 'event' | 'plugin' | 'config';

export type History = {
  add(entry: { kind: HistoryKind; cause: string; summary: string; details?: Record<string, unknown> }): void;
  /** Newest first; only what is older than the entry `before`, where that is given. */
  list(limit: number, options?: { kind?: HistoryKind; before?: number }): HistoryEntry[];
};

/** The journal of events: durable before the first handler, one row per event, one per outcome. */
export type Journal = {
  /**
   * Writes the event durably; false where its id is known from the last 7 days (nothing is written).
   * @param own whether it is an event of one's own, which may have to wait for its turn.
   */
  add(event: SnoozeEvent, own?: boolean): boolean;
  /** A moved deadline, or more data, of a known event. */
  update(id: string, change: { deadline: string | null; data: Record<string, unknown> }): void;
  setState(id: string, state: EventState): void;
  /** Why the event is off or over; null where it has come back. */
  setClosing(id: string, closing: Closing | null): void;
  /** A handler that begins; it is at work until its outcome is added. */
  addTurn(id: string, turn: Turn): void;
  addOutcome(id: string, outcome: HandlerOutcome): void;
  addRemark(id: string, remark: Remark): void;
  get(id: string): EventRecord | undefined;
  /** Its deadline in milliseconds since boot, as it was when it was told; undefined where that was another boot. */
  deadlineBootMs(id: string): number | undefined;
  /** The ids that `part` stands in, of the newest events first. */
  idsWith(part: string, limit: number): string[];
  /** Newest first; only what is older than the event `before`, where that is given. */
  list(limit: number, before?: string): EventRecord[];
  /** Those that have no end yet, oldest first, but not those of `waiting`: what a restarted daemon dispatches again. */
  unfinished(): EventRecord[];
  /** Events of one's own that have not begun, the most urgent first, then the oldest. */
  waiting(limit: number): EventRecord[];
  /** Events of a source that are neither off nor over, done or not, oldest first. */
  open(source: string): EventRecord[];
  /** Events of the cloud whose time is still to come, and for which no handler has anything left to do. */
  ahead(): EventRecord[];
  /** All events of one incident, oldest first. */
  ofIncident(incident: string): EventRecord[];
  /** Writes an event with all that has become of it, in place of what is known of it. */
  put(record: EventRecord, own: boolean): void;
  /** Does all of `write` durably at once, or nothing of it. */
  group(write: () => void): void;
};

export type Samples = {
  /** Keeps a sample; a failure (full disk) is swallowed after it was reported once. */
  add(sample: Sample): void;
};

/** A value that a plugin keeps; `revision` grows with each change. */
export type Stored = { key: string; value: unknown; revision: number };

/** `stale`: it is at another revision, or null where there is none; `full`: the quota of the instance is used up. */
export type Written =
  | { kind: 'written'; revision: number }
  | { kind: 'stale'; revision: number | null }
  | { kind: 'full' };

/** Small values of any JSON that plugins keep, each instance for itself. */
export type KeyValue = {
  get(instance: string, key: string): Stored | undefined;
  /** Writes if the key is at `expected`: a revision, null where there must be none, `any` whatever there is. */
  write(
    instance: string,
    key: string,
    change: {
      value: unknown;
      ttlMs?: number;
      expected: number | null | 'any';
      quota: { keys: number; bytes: number };
    },
  ): Written;
  /** False where there was none. */
  remove(instance: string, key: string): boolean;
  /** Removes all that an instance keeps. */
  forget(instance: string): void;
  /** Those that begin with `prefix`, sorted. */
  keys(instance: string, prefix: string): string[];
};

/** The SQLite file in the state directory. */
export type Store = {
  history: History;
  journal: Journal;
  samples: Samples;
  keyValue: KeyValue;
  close(): void;
};
