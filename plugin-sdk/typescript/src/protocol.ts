/** The version of the protocol that this package speaks. */
export const PROTOCOL_VERSION = 1;

/** The host's numbers at one instant; null where the host does not have that one. */
export type Metrics = {
  /** Unix seconds. */
  timestamp: number;
  /** Percent of all cores. */
  cpu_usage: number | null;
  /** Percent. */
  memory_usage: number | null;
  /** KiB/s, in and out together. */
  network_traffic: number | null;
  /** KiB/s, read and written together. */
  disk_io: number | null;
  /** Percent of the busiest GPU. */
  gpu_usage: number | null;
  input_idle_seconds: number | null;
  load_1m: number | null;
  /** How long the host has been idle so far. */
  idle_seconds: number;
  gpus: Record<string, unknown>[];
};

export type CheckContext = {
  check_interval_seconds: number;
  naptime_seconds: number;
  /** The host's state as `snooze status` shows it. */
  state: string;
  /** How long the host waits for this answer, in milliseconds. */
  deadline_ms?: number;
};

/** Something that happens to the host. Times are RFC 3339 UTC. */
export type SnoozeEvent = {
  id: string;
  /** `cloud.spot.interrupt`, `system.disk.low`, `custom.…` and so on. */
  type: string;
  source: string;
  timestamp: string;
  data: Record<string, unknown>;
  /** 0 info, 1 warning, 2 urgent, 3 critical. */
  severity: 0 | 1 | 2 | 3;
  deadline: string | null;
};

/** JSON-RPC's and the protocol's own error codes. */
export const ERROR_CODES = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  internalError: -32603,
  notPermitted: -32001,
  notReady: -32002,
  configInvalid: -32004,
  notFound: -32011,
} as const;

/** One message after parsing; which keys are there tells what it is. */
export type Message = {
  jsonrpc?: '2.0';
  id?: number | string | null;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: unknown;
};

/** A failure that is answered with a code of its own. */
export class AnswerError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'AnswerError';
    this.code = code;
  }
}
