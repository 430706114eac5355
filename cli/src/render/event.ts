import { stripVTControlCharacters } from 'node:util';
import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { kindOf } from '@cloudsnooze/daemon/event-kind';
import { duration, latency } from './duration.ts';
import { straightTimes } from './straight-times.ts';
import { colourOf, paint, type Style } from './style.ts';
import { fields, table } from './table.ts';
import { clean, displayWidth } from './text.ts';
import { clockTime, dateTime } from './time.ts';

export type EventRecord = ControlMethods['events.list']['result'][number];
type EventDetails = ControlMethods['events.show']['result'];
type Outcome = EventRecord['outcomes'][number];
type Remark = EventRecord['remarks'][number];
type Severity = EventRecord['event']['severity'];
type Frame = { style: Style; nowMs: number };

/** The severities of the protocol, by their number. */
export const SEVERITY_NAMES = ['info', 'warning', 'urgent', 'critical'] as const;

export function severityName(severity: Severity): string {
  return SEVERITY_NAMES[severity];
}

/**
 * The list of events, as it comes: newest first. Its ids are there to be copied, and are never cut: a window that is too
 * narrow for them has those parts of them that snooze takes for the whole, and no severity.
 */
export function eventTable(
  records: readonly EventRecord[],
  { style, width, nowMs }: Frame & { width: number },
): string[] {
  const columns = ['SEEN', 'TYPE', 'SEVERITY', 'STATE', 'HANDLED', 'ID'].map((title) => ({ title }));
  const words = records.map(({ event }) => lastWord(event.id));
  const shortId = ({ id }: EventRecord['event']) => {
    const word = lastWord(id);
    return words.filter((other) => other === word).length === 1 ? word : id;
  };
  const tableWith = (isShort: boolean) => {
    const rows = records.map(({ event, state, seenAt, endedAt, outcomes }) => [
      Number.isFinite(width) ? clockTime(seenAt, nowMs, 'seconds') : dateTime(seenAt),
      kindOf(event),
      isShort ? '' : severityName(event.severity),
      { text: state, colour: colourOf(state) },
      handledText(outcomes, endedAt === null ? '–' : 'by nobody').replace(/ handled$/, ''),
      isShort ? shortId(event) : event.id,
    ]);
    return table(columns, rows, { style, width: Number.POSITIVE_INFINITY });
  };
  const whole = tableWith(false);
  const fits = whole.every((line) => displayWidth(stripVTControlCharacters(line)) <= width);
  return fits ? whole : tableWith(true);
}

/** "7d111823" of "spot-interrupt:i-0abc:stop:7d111823" */
function lastWord(id: string): string {
  const word = id.split(/[:-]/).at(-1) ?? '';
  return word.length < 6 ? id : word;
}

/** How many of those that had a turn handled it; `nobody` is what is said where none had. */
export function handledText(outcomes: readonly Outcome[], nobody = '–'): string {
  const names = new Set(outcomes.map(({ handler }) => handler));
  const handled = new Set(
    outcomes.filter(({ status, stage }) => status === 'handled' && stage === undefined).map(({ handler }) => handler),
  );
  return names.size === 0 ? nobody : `${handled.size} of ${names.size} handled`;
}

/** All that has become of an event: what it is, and a timeline with each handler's start, end and answer. */
export function eventStory(record: EventDetails, { style, nowMs }: Frame): string[] {
  const { event, state, closing } = record;
  const data = Object.keys(event.data).length === 0 ? '' : JSON.stringify(event.data);
  return [
    `${paint(clean(kindOf(event)), 'bold', style)}  ${severityName(event.severity)}  ${paint(state, colourOf(state), style)}`,
    ...fields(
      [
        ['id', event.id],
        ['source', event.source],
        ['deadline', deadlineText(record, nowMs)],
        ['data', data],
        ['kept', record.unwritten === null ? '' : `in memory alone: ${record.unwritten}`],
        [closing?.stage === 'ended' ? 'over' : 'off', closing?.reason ?? ''],
        ...record.related.map(({ id, type, state: itsState }, index): [string, string] => [
          index === 0 ? 'incident' : '',
          `${type} ${itsState} · ${id}`,
        ]),
      ],
      style,
    ),
    '',
    ...timeline(record, nowMs).map(({ at, after, text, colour }) => {
      const offset = (after < 0 ? '' : `+${latency(after)}`).padStart(11);
      return `  ${clockTime(at, nowMs, 'seconds')} ${paint(offset, 'dim', style)}  ${paint(clean(text), colourOf(colour), style)}`;
    }),
  ];
}

/** When its handlers must be done, and how long that is while there is something left to do. */
function deadlineText({ event: { deadline, timestamp }, endedAt, closing }: EventRecord, nowMs: number): string {
  if (deadline === null) return '';
  if (closing !== null || nowMs < Date.parse(timestamp)) return clockTime(deadline, nowMs, 'seconds');
  const leftSeconds = (Date.parse(deadline) - nowMs) / 1000;
  const left = leftSeconds > 0 ? `, ${duration(leftSeconds)} left` : endedAt === null ? ', which has passed' : '';
  return `${clockTime(deadline, nowMs, 'seconds')}${left}`;
}

type Moment = { at: string; placeMs: number; after: number; text: string; colour: string };

/** Every moment of an event in order; `after` is milliseconds since it was seen, less than 0 where the clock was set back. */
function timeline(record: EventDetails, nowMs: number): Moment[] {
  const { event, seenAt, endedAt, state, outcomes, atWork, remarks, durable } = record;
  const straight = straightTimes(record);
  const moment = (at: string, text: string, colour = '', placeMs = straight.place(at)) => ({
    at,
    placeMs,
    after: Date.parse(at) - Date.parse(event.timestamp),
    text,
    colour,
  });
  const turns = outcomes.flatMap((outcome, index) => {
    const { startedAt, endedAt: at, status } = outcome;
    const { startMs, endMs } = straight.turns[index] ?? {};
    const text = turnText(deadlineAt(at, event, remarks), outcome);
    return [
      ...(startedAt === null ? [] : [moment(startedAt, startOfTurn(outcome), '', startMs)]),
      moment(at, text, status, endMs),
    ];
  });
  const begun = atWork.map((turn) => moment(turn.startedAt, startOfTurn(turn)));
  const isLate = !durable || remarks.some(({ kind }) => kind === 'written');
  const isAtOnce = !isLate && event.timestamp === seenAt;
  const seen = [
    moment(event.timestamp, `seen, from ${event.source}${isAtOnce ? ', and written down' : ''}`),
    ...(isLate || isAtOnce ? [] : [moment(seenAt, 'written down')]),
  ];
  const words = state === 'done' && outcomes.length === 0 ? 'done: no plugin handles it' : state;
  const end = endedAt === null ? [] : [moment(endedAt, words, state, straight.endMs(endedAt))];
  const said = remarks.map((remark) => moment(remark.at, remarkText(remark, nowMs)));
  // Those of one moment in the order of what leads to what.
  return [...seen, ...[...said, ...turns, ...begun, ...end].sort((a, b) => a.placeMs - b.placeMs)];
}

/** What happened to an event beside its handlers. */
export function remarkText(remark: Remark, nowMs: number): string {
  if (remark.kind === 'told') return `told on the terminals ${remark.terminals.join(', ')}`;
  if (remark.kind === 'resumed') return 'dispatched again, after a restart of snoozed';
  if (remark.kind === 'acknowledged') return `acknowledged by ${remark.who}`;
  if (remark.kind === 'written')
    return `written down${remark.reason === undefined ? ' at last' : `; until now in memory alone: ${remark.reason}`}`;
  if (remark.kind === 'again') {
    const { type, severity, data } = remark;
    return `sent again, not the same, and not dispatched: ${type} ${severityName(severity)} ${JSON.stringify(data)}`;
  }
  if (remark.kind === 'data') return `its source says ${JSON.stringify(remark.data)}`;
  if (remark.kind === 'off') return `${remark.stage === 'canceled' ? 'off' : 'over'}: ${remark.reason}`;
  if (remark.kind === 'back' && remark.from === remark.to) return 'told again';
  const [from, to] = [remark.from, remark.to].map((time) =>
    time === null ? 'none' : clockTime(time, nowMs, 'seconds'),
  );
  return `${remark.kind === 'back' ? 'told again' : 'its time moved'}: it was ${from}, now ${to}`;
}

/**
 * The deadline that an event had at some time, of which its source has told another since; null where that time cannot
 * be compared with it, for the clock was set back.
 */
export function deadlineAt(
  at: string,
  { deadline, timestamp }: EventRecord['event'],
  remarks: readonly Remark[],
): string | null {
  if (Date.parse(at) < Date.parse(timestamp)) return null;
  const moves = remarks.filter((remark) => remark.kind === 'moved' || remark.kind === 'back');
  const next = moves.find((remark) => Date.parse(remark.at) > Date.parse(at));
  return next === undefined ? deadline : next.from;
}

export function startOfTurn({ handler, priority, stage }: Pick<Outcome, 'handler' | 'priority' | 'stage'>): string {
  if (stage === undefined) return `${handler} starts (priority ${priority})`;
  return `${handler} is told that it is ${stage === 'canceled' ? 'off' : 'over'}`;
}

/** How a handler's turn ended, and how much of the deadline was left then. */
export function turnText(deadline: string | null, outcome: Outcome): string {
  return `${endOfTurn(outcome)}${timeLeft(deadline, outcome)}`;
}

/** How much of the deadline was left at the end of a handler's turn. */
function timeLeft(deadline: string | null, { startedAt, endedAt, stage }: Outcome): string {
  if (deadline === null || startedAt === null || stage !== undefined) return '';
  const leftSeconds = (Date.parse(deadline) - Date.parse(endedAt)) / 1000;
  return leftSeconds > 0 ? `, ${duration(leftSeconds)} left` : `, ${duration(-leftSeconds)} after the deadline`;
}

function endOfTurn(outcome: Outcome): string {
  const { handler, status, message, result } = outcome;
  const took = tookText(outcome);
  const after = took === '' ? '' : ` after ${took}`;
  const answer =
    result === null || result === undefined ? '' : `: ${typeof result === 'string' ? result : JSON.stringify(result)}`;
  return `${handler} ${WORDS[status]}${after}${message === null ? answer : `: ${message}`}`;
}

/** How long a turn took; empty where there was none, or the clock was set back meanwhile. */
export function tookText({ startedAt, endedAt }: Outcome): string {
  const ms = startedAt === null ? -1 : Date.parse(endedAt) - Date.parse(startedAt);
  return ms < 0 ? '' : latency(ms);
}

const WORDS: Record<Outcome['status'], string> = {
  handled: 'handled it',
  declined: 'did not handle it',
  failed: 'failed',
  'timed-out': 'was too late',
  skipped: 'was skipped',
  canceled: 'was canceled',
};
