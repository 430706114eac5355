import { type Clock, rfc3339 } from '../clock.ts';
import { type EventRecord, MOST_REMARKS, type Remark, type SnoozeEvent } from './event.ts';
import type { Ledger } from './ledger.ts';

/** What a source says of an event that it has told already; a deadline that it does not say stays as it is. */
export type Said = { deadline: string | null | undefined; data: Record<string, unknown> };

/** Writes down what is new in what a source says, in the event and as remarks of it; gives those remarks, if any. */
export function takeNews(
  record: EventRecord,
  said: Said,
  { ledger, clock }: { ledger: Ledger; clock: Clock },
): Remark[] {
  const { event } = record;
  const { deadline = event.deadline, data } = said;
  const news = newsIn(event, { deadline, data }, rfc3339(clock.wallMs()));
  if (news.length === 0) return [];
  record.event = { ...event, deadline, data: { ...event.data, ...data } };
  return addRemarks(record, news, false, ledger);
}

/** Adds remarks to an event as far as there is room, `together` as {@link Ledger}'s; gives those that were added. */
export function addRemarks(
  record: EventRecord,
  remarks: readonly Remark[],
  together: boolean,
  ledger: Ledger,
): Remark[] {
  const added = remarks.slice(0, Math.max(0, MOST_REMARKS - record.remarks.length));
  record.remarks.push(...added);
  ledger.remark(record, added, together);
  return added;
}

function newsIn(known: SnoozeEvent, said: Pick<SnoozeEvent, 'deadline' | 'data'>, at: string): Remark[] {
  const moved: Remark = { at, kind: 'moved', from: known.deadline, to: said.deadline };
  const fresh = Object.entries(said.data).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(known.data[key]),
  );
  return [
    ...(said.deadline === known.deadline ? [] : [moved]),
    ...(fresh.length === 0 ? [] : [{ at, kind: 'data' as const, data: Object.fromEntries(fresh) }]),
  ];
}
