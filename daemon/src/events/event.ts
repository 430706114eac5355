/** 0 info, 1 warning, 2 urgent, 3 critical (PROTOCOL.md). */
export type Severity = 0 | 1 | 2 | 3;

/** An event as plugins see it (PROTOCOL.md, `HandleEvent`). Times are RFC 3339 UTC. */
export type SnoozeEvent = {
  id: string;
  type: string;
  source: string;
  timestamp: string;
  data: Record<string, unknown>;
  severity: Severity;
  deadline: string | null;
};

/** How a type's handlers are called: every one, or down to the first that says it handled it. */
export type DispatchRule = 'all' | 'first';

/** What became of one handler's turn. */
export type OutcomeStatus = 'handled' | 'declined' | 'failed' | 'timed-out' | 'skipped' | 'canceled';

export type HandlerOutcome = {
  handler: string;
  priority: number;
  status: OutcomeStatus;
  /** Absent where it is what became of the notice; else the handler was told that the event is off, or over. */
  stage?: Closing['stage'];
  startedAt: string | null;
  endedAt: string;
  /** The error, the reason it was skipped, or null. */
  message: string | null;
  result: unknown;
};

/** A handler whose turn has no end yet; `stage` as in its outcome. */
export type Turn = Pick<HandlerOutcome, 'handler' | 'priority' | 'stage'> & { startedAt: string };

/**
 * `announced` it lies far ahead and waits for its time; `pending` on disk, not begun; `dispatching` handlers run;
 * `closing` the handlers that ran are told that it is off or over. The others are ends.
 */
export type EventState =
  | 'announced'
  | 'pending'
  | 'dispatching'
  | 'closing'
  | 'done'
  | 'canceled'
  | 'ended'
  | 'overdue';

/**
 * Why an event is off, or over, and what else its source says of that; `by` where it is another than its source, `at`
 * when it was said (RFC 3339 UTC), which a source need not tell where it is now, and an older snoozed did not write down.
 */
export type Closing = {
  stage: 'canceled' | 'ended';
  reason: string;
  by?: string;
  at?: string;
  data?: Record<string, unknown>;
};

/**
 * What happened to an event beside its handlers: its source says another time, or more; people were told; it was sent
 * again as another one; it was taken back, or is over, and came back; it could be written down at last; a new run of
 * snoozed dispatches it again; somebody has taken it as dealt with.
 */
export type Remark = { at: string } & (
  | { kind: 'moved'; from: string | null; to: string | null }
  | { kind: 'off'; stage: Closing['stage']; reason: string }
  /** With the deadline that it had, and that it has now. */
  | { kind: 'back'; from: string | null; to: string | null }
  | { kind: 'data'; data: Record<string, unknown> }
  | { kind: 'told'; terminals: readonly string[] }
  | { kind: 'again'; type: string; severity: Severity; data: Record<string, unknown> }
  /** `reason`: why it could not be before. */
  | { kind: 'written'; reason?: string }
  | { kind: 'resumed' }
  | { kind: 'acknowledged'; who: string }
);

/** An event with all that has become of it. */
export type EventRecord = {
  event: SnoozeEvent;
  state: EventState;
  /** When it was written down first (RFC 3339 UTC). */
  seenAt: string;
  endedAt: string | null;
  outcomes: HandlerOutcome[];
  /** Who is at work on it now, or was when a run ended that could not say more. */
  atWork: Turn[];
  /** In their order; no more than {@link MOST_REMARKS}. */
  remarks: Remark[];
  closing: Closing | null;
};

/**
 * One that is on its way; `dueAt` is when its handlers are called, where it is announced, and `endsAt` when they must
 * have ended, both by the clock as it is set now.
 */
export type PendingEvent = EventRecord & { dueAt?: string; endsAt?: string };

/** A source that says something else at every poll must not fill the disk; the event itself has what was said last. */
export const MOST_REMARKS = 50;

/** One plugin's subscription to one event type, ready to be called. */
export type Handler = {
  /** The plugin instance. */
  name: string;
  priority: number;
  mode: 'handle' | 'observe';
  timeoutMs: number;
  /** Whether the plugin can handle several events at once. */
  concurrent: boolean;
  /**
   * Gives the event to the plugin. Rejects with SnoozeError SNOOZE_E_PLUGIN_*; aborting `signal` cancels it, and it
   * settles as soon as the plugin is free for the next one. Where the signal's reason has a `way` ({@link Leaving}),
   * and that aborts, a plugin that does not return in time for it is ended.
   */
  handle(event: SnoozeEvent, timeoutMs: number, signal: AbortSignal): Promise<{ handled: boolean; result: unknown }>;
};

/** Why a handler has to stop, in words, and how long its plugin has to return. */
export type WayReason = { graceMs: number; toString: () => string };

/** What a handler is canceled with: `way` aborts, with a {@link WayReason}, when its plugin is needed for another event. */
export type Leaving = { way: AbortSignal };

/** Is told of what becomes of events as it happens; nothing of it may throw. */
export type EventObserver = {
  /** A new event is on its way: once for each, and not for one that an earlier run has left. */
  seen(event: SnoozeEvent): void;
  outcome(event: SnoozeEvent, outcome: HandlerOutcome): void;
  ended(record: EventRecord): void;
};

/** Something is coming, as a source tells it. */
export type Announcement = {
  kind: 'notice';
  /** Identity: the same notice polled again, even with another time, has the same id. */
  id: string;
  type: string;
  source: string;
  severity?: Severity;
  deadline: string | null;
  data: Record<string, unknown>;
  /** When it was said, in milliseconds since the Unix epoch, where it may come late, or twice; else it is so now. */
  saidMs?: number;
};

/** What a source tells: something is coming, it moved, it is off, or it is over. */
export type Notice =
  | Announcement
  /** `canceled`: what was announced does not come; `ended`: it has been, or is over. */
  | ({ kind: Closing['stage']; id: string } & Omit<Closing, 'stage'>);
