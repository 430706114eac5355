import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { paint, type Style } from './style.ts';
import { table } from './table.ts';
import { clean } from './text.ts';

/** Every key with its value and its origin; keys that are not at their default stand out. */
export function configTable(
  { config, origins, file }: ControlMethods['config.show']['result'],
  frame: { width: number; style: Style },
): string[] {
  const rows = leaves(config).map(([key, value]) => {
    const origin = origins[key] ?? 'default';
    return [{ text: key, colour: origin === 'default' ? undefined : ('bold' as const) }, origin, valueText(value)];
  });
  const head = file === null ? 'no configuration file; the defaults are in force' : file;
  return [
    paint(clean(head), 'dim', frame.style),
    ...table([{ title: 'KEY' }, { title: 'FROM' }, { title: 'VALUE' }], rows, frame),
  ];
}

/** A value as it would be typed: text as it is, everything else as JSON. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'unset');
}

function leaves(section: Record<string, unknown>, prefix = ''): [string, unknown][] {
  return Object.entries(section).flatMap(([name, value]): [string, unknown][] =>
    isSection(value) ? leaves(value, `${prefix}${name}.`) : [[`${prefix}${name}`, value]],
  );
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
}
