import type { Orphan } from '../plugin-author/doctor/orphans.ts';
import type { Patient } from '../plugin-author/doctor/patient.ts';
import { colourOf, icon, paint, type Style } from './style.ts';
import { clean } from './text.ts';

/** One plugin: a line where it is well, else what is wrong, each with what to do. */
export function patientLines({ name, state, complaints }: Patient, style: Style): string[] {
  const head = `${paint(name, 'bold', style)}${state === null ? '' : `  ${paint(state, colourOf(state), style)}`}`;
  if (complaints.length === 0) return [`${paint(icon('ok', style), 'green', style)} ${head}`];
  const isSick = complaints.some(({ kind }) => kind === 'fault');
  return [
    `${paint(icon(isSick ? 'fault' : 'ok', style), isSick ? 'red' : 'green', style)} ${head}`,
    ...complaints.flatMap(({ kind, what, advice }) => [
      `    ${kind === 'note' ? paint(clean(what), 'dim', style) : clean(what)}`,
      ...(advice === null ? [] : [`      ${paint(clean(advice), 'cyan', style)}`]),
    ]),
  ];
}

/** Processes that nobody owns any more. */
export function orphanLines(orphans: readonly Orphan[], style: Style): string[] {
  return orphans.flatMap(({ pid, name, instance }) => [
    `${paint(icon('fault', style), 'red', style)} process ${pid} (${clean(name)}) of plugin ${clean(instance)} is owned by nobody`,
    `      ${paint(`type: kill ${pid}`, 'cyan', style)}`,
  ]);
}
