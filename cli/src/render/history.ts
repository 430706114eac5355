import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import type { Paint, Style } from './style.ts';
import { table } from './table.ts';
import { clockTime, dateTime } from './time.ts';

export type HistoryEntry = ControlMethods['history.list']['result'][number];

/** The history as it comes: newest first. */
export function historyTable(
  entries: readonly HistoryEntry[],
  frame: { width: number; style: Style; nowMs: number },
): string[] {
  const rows = entries.map(({ at, kind, cause, summary }) => [
    Number.isFinite(frame.width) ? clockTime(at, frame.nowMs, 'seconds') : dateTime(at),
    { text: kind, colour: COLOURS[kind] },
    cause,
    summary,
  ]);
  return table([{ title: 'TIME' }, { title: 'KIND' }, { title: 'CAUSE' }, { title: 'WHAT', wraps: true }], rows, frame);
}

const COLOURS: Partial<Record<HistoryEntry['kind'], Paint>> = {
  snooze: 'green',
  'snooze-failed': 'red',
  veto: 'yellow',
  event: 'cyan',
};
