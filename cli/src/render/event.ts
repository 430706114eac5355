import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { latency } from './duration.ts';
import { colourOf, paint, type Style } from './style.ts';
import { fields, table } from './table.ts';
import { clean } from './text.ts';
import { clockTime, dateTime } from './time.ts';

export type EventRecord = ControlMethods['events.show']['result'];
type Outcome = EventRecord['outcomes'][number];
type Severity = EventRecord['event']['severity'];
type Frame = { style: Style; nowMs: number };

/** The severities of the protocol, by their number. */
export const SEVERITY_NAMES = ['info', 'warning', 'urgent', 'critical'] as const;

export function severityName(severity: Severity): string {
  return SEVERITY_NAMES[severity];
}

/** The list of events, as it comes: newest first. Never cut: the ids are there to be copied. */
export function eventTable(records: readonly EventRecord[], style: Style): string[] {
  const columns = ['SEEN', 'TYPE', 'SEVERITY', 'STATE', 'HANDLERS', 'ID'].map((title) => ({ title }));
  const rows = records.map(({ event, state, seenAt, outcomes }) => [
    dateTime(seenAt),
    event.type,
    severityName(event.severity),
    { text: state, colour: colourOf(state) },
    outcomes.length === 0
      ? '–'
      : `${outcomes.filter(({ status }) => status === 'handled').length} of ${outcomes.length} handled`,
    event.id,
  ]);
  return table(columns, rows, { style, width: Number.POSITIVE_INFINITY });
}

/** All that has become of an event: what it is, and a timeline with each handler's start, end and answer. */
export function eventStory(record: EventRecord, { style, nowMs }: Frame): string[] {
  const { event, state } = record;
  const data = Object.keys(event.data).length === 0 ? '' : JSON.stringify(event.data);
  return [
    `${paint(clean(event.type), 'bold', style)}  ${severityName(event.severity)}  ${paint(state, colourOf(state), style)}`,
    ...fields(
      [
        ['id', event.id],
        ['source', event.source],
        ['deadline', event.deadline === null ? '' : clockTime(event.deadline, nowMs, 'seconds')],
        ['data', data],
      ],
      style,
    ),
    '',
    ...timeline(record).map(({ at, after, text, colour }) => {
      const offset = `+${latency(after)}`.padStart(11);
      return `  ${clockTime(at, nowMs, 'seconds')} ${paint(offset, 'dim', style)}  ${paint(clean(text), colourOf(colour), style)}`;
    }),
  ];
}

type Moment = { at: string; after: number; text: string; colour: string };

/** Every moment of an event in order; `after` is milliseconds since it was seen. */
function timeline({ event, seenAt, endedAt, state, outcomes }: EventRecord): Moment[] {
  const moment = (at: string, text: string, colour = '') => ({
    at,
    after: Math.max(0, Date.parse(at) - Date.parse(seenAt)),
    text,
    colour,
  });
  const turns = outcomes.flatMap((outcome) => [
    ...(outcome.startedAt === null
      ? []
      : [moment(outcome.startedAt, `${outcome.handler} starts (priority ${outcome.priority})`)]),
    moment(outcome.endedAt, endOfTurn(outcome), outcome.status),
  ]);
  return [
    moment(seenAt, `seen, from ${event.source}`),
    ...turns.sort((a, b) => a.after - b.after),
    ...(endedAt === null
      ? []
      : [moment(endedAt, state === 'done' && outcomes.length === 0 ? 'done: no plugin handles it' : state, state)]),
  ];
}

function endOfTurn({ handler, status, startedAt, endedAt, message, result }: Outcome): string {
  const took = startedAt === null ? '' : ` after ${latency(Date.parse(endedAt) - Date.parse(startedAt))}`;
  const answer =
    result === null || result === undefined ? '' : `: ${typeof result === 'string' ? result : JSON.stringify(result)}`;
  return `${handler} ${WORDS[status]}${took}${message === null ? answer : `: ${message}`}`;
}

const WORDS: Record<Outcome['status'], string> = {
  handled: 'handled it',
  declined: 'did not handle it',
  failed: 'failed',
  'timed-out': 'was too late',
  skipped: 'was skipped',
  canceled: 'was canceled',
};
