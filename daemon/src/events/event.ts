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
  startedAt: string | null;
  endedAt: string;
  /** The error, the reason it was skipped, or null. */
  message: string | null;
  result: unknown;
};

/** `pending` on disk, not begun; `dispatching` handlers run; the others are ends. */
export type EventState = 'pending' | 'dispatching' | 'done' | 'canceled' | 'overdue';

/** An event with all that has become of it. */
export type EventRecord = {
  event: SnoozeEvent;
  state: EventState;
  seenAt: string;
  endedAt: string | null;
  outcomes: HandlerOutcome[];
};

/** One plugin's subscription to one event type, ready to be called. */
export type Handler = {
  /** The plugin instance. */
  name: string;
  priority: number;
  mode: 'handle' | 'observe';
  timeoutMs: number;
  /** Gives the event to the plugin. Rejects with SnoozeError SNOOZE_E_PLUGIN_*; aborting `signal` cancels it. */
  handle(event: SnoozeEvent, timeoutMs: number, signal: AbortSignal): Promise<{ handled: boolean; result: unknown }>;
};

/** What a source tells: something is coming, it moved, or it is off. */
export type Notice =
  | {
      kind: 'notice';
      /** Identity: the same notice polled again, even with another time, has the same id. */
      id: string;
      type: string;
      source: string;
      severity?: Severity;
      deadline: string | null;
      data: Record<string, unknown>;
    }
  | { kind: 'canceled'; id: string; reason: string };
