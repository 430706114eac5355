import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { duration } from './duration.ts';
import { paint, type Style } from './style.ts';
import { table } from './table.ts';
import { clean } from './text.ts';

type HandlerTable = ControlMethods['events.handlers']['result'][number];
type Frame = { style: Style; width: number };

/** Who is called for each type, the types that concern somebody first; the others are one line. */
export function handlerLines(tables: readonly HandlerTable[], frame: Frame): string[] {
  const told = tables.filter(
    ({ handlers, not_called: others, warning }) => handlers.length + others.length > 0 || warning,
  );
  const silent = tables.filter((one) => !told.includes(one)).map(({ type }) => type);
  return [
    ...told.flatMap((one, index) => [...(index === 0 ? [] : ['']), ...typeLines(one, frame)]),
    ...(silent.length === 0 ? [] : [...(told.length === 0 ? [] : ['']), `nobody handles ${silent.join(', ')}`]),
  ];
}

function typeLines(
  { type, title, dispatch, enabled, handlers, not_called: others, warning }: HandlerTable,
  frame: Frame,
): string[] {
  const { style } = frame;
  const rule = dispatch === 'all' ? 'every handler is called' : 'down to the first that handles it';
  const rows = handlers.map(({ instance, priority, mode, timeout_seconds: seconds, problem }) => [
    String(priority),
    instance,
    mode === 'observe' ? 'observes' : 'handles',
    `at most ${duration(seconds)}`,
    problem === null ? '' : { text: problem, colour: 'red' as const },
  ]);
  const columns = [
    { title: 'PRIORITY', align: 'right' as const },
    ...['HANDLER', '', 'TIME', ''].map((name) => ({ title: name })),
  ];
  return [
    `${paint(clean(type), 'bold', style)}  ${title}; ${enabled ? rule : paint('turned off', 'yellow', style)}`,
    ...(warning === null ? [] : [paint(`warning: ${warning}`, 'red', style)]),
    ...(rows.length === 0 ? [] : table(columns, rows, frame)),
    ...others.map(({ instance, reason }) => `not called: ${clean(instance)}, ${clean(reason)}`),
  ];
}
