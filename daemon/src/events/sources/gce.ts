import { GCE_BASE } from '../../cloud/gcp.ts';
import { notUnderstood } from './answer.ts';
import { watchByPolling } from './poll.ts';
import type { SourceContext, Watching } from './source.ts';

/** What all that Google's metadata service tells of this host have in common. */
export const GCE_SOURCE = 'gce-metadata';

/** So long the service holds an answer back while nothing changes. */
const HANG_SECONDS = 60;
const TIMEOUT_MS = (HANG_SECONDS + 10) * 1000;
const FIRST_TIMEOUT_MS = 5_000;
/** A service that holds nothing back must not be asked without a pause. */
const SHORTEST_INTERVAL_MS = 1_000;
const LONGEST_RETRY_MS = 5_000;

export type GceItem = {
  /** Below `instance/`. */
  item: string;
  /** What is told of, for the log. */
  what: string;
  /** What it may say. */
  values: readonly string[];
  /** Takes what it says now; gives what to say in `snooze status`. */
  take: (value: string) => string;
};

/**
 * Asks for an item and is answered when it changes, on a connection of its own (Google's documentation, "Query VM
 * metadata", `wait_for_change`). The first question asks for what is there already.
 */
export function watchItem(context: SourceContext, { item, what, values, take }: GceItem): Watching {
  const { metadata, signal } = context;
  const path = `${GCE_BASE}/instance/${item}`;
  let etag: string | undefined;
  return watchByPolling(context, {
    what,
    service: metadata,
    intervalMs: () => SHORTEST_INTERVAL_MS,
    retryMs: (_error, failures) => Math.min(SHORTEST_INTERVAL_MS * 2 ** (failures - 1), LONGEST_RETRY_MS),
    async ask() {
      const query = `?wait_for_change=true&last_etag=${encodeURIComponent(etag ?? '')}&timeout_sec=${HANG_SECONDS}`;
      const asked = etag;
      // After a failure it is asked for as it is now: it may have changed meanwhile.
      etag = undefined;
      const timeoutMs = asked === undefined ? FIRST_TIMEOUT_MS : TIMEOUT_MS;
      const answer = await metadata?.ask(asked === undefined ? path : path + query, { timeoutMs, signal });
      const value = answer?.body.trim() ?? '';
      if (!values.includes(value)) throw notUnderstood(what, value);
      const said = take(value);
      etag = answer?.headers.etag;
      return said;
    },
  });
}

/** Says of every open event of a type but one that it is over. */
export function endOthers({ open, emit }: SourceContext, type: string, reason: string, but?: string): void {
  for (const { event } of open(GCE_SOURCE))
    if (event.type === type && event.id !== but) emit({ kind: 'ended', id: event.id, reason });
}
