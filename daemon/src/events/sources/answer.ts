import { at } from '../../cloud/json-answer.ts';
import { SnoozeError } from '../../errors.ts';
import type { Log } from '../../log.ts';

/** The error of an answer that is not what it should be. */
export function notUnderstood(what: string, text: string): SnoozeError {
  return new SnoozeError('SNOOZE_E_METADATA', `${what} is not understood: ${text.slice(0, 120).trim()}`);
}

/**
 * Reads each entry of a list by itself: one that cannot be read must not hide the others, and goes to `unread`.
 * @returns undefined where there are entries, and none of them can be read.
 */
export function readEach<Entry>(
  entries: readonly unknown[],
  read: (entry: unknown) => Entry | undefined,
  unread: (entry: unknown) => void,
): Entry[] | undefined {
  const found = entries.flatMap((entry) => {
    const one = read(entry);
    if (one === undefined) unread(entry);
    return one ?? [];
  });
  return found.length === 0 && entries.length > 0 ? undefined : found;
}

/**
 * Says in the log, once until all can be read again, that of a list's entries some cannot be.
 * @returns a function that takes those of a poll and gives their `EventId`s: nobody knows that these are gone.
 */
export function createUnread(log: Log, what: string): (entries: readonly unknown[]) => ReadonlySet<unknown> {
  let isSaid = false;
  return (entries) => {
    const text = JSON.stringify(entries[0])?.slice(0, 240);
    if (text !== undefined && !isSaid) log.warn({}, `an entry of ${what} is not understood, the others are: ${text}`);
    isSaid = entries.length > 0;
    return new Set(entries.map((one) => at(one, 'EventId')));
  };
}
