import type { Elsewhere } from '../plugin-author/conformance/elsewhere.ts';
import type { Outcome } from '../plugin-author/conformance/outcome.ts';
import { icon, type Paint, paint, type Style } from './style.ts';
import { clean } from './text.ts';

const SIGNS = { held: 'ok', broken: 'fault', 'not tried': 'skipped' } as const;
const COLOURS: Record<Outcome['status'], Paint> = { held: 'green', broken: 'red', 'not tried': 'dim' };

/** "✓ P-37  ends when its input ends" */
export function outcomeLine({ requirement, what, status, note }: Outcome, style: Style): string {
  const sign = paint(icon(SIGNS[status], style), COLOURS[status], style);
  const why = note === null ? '' : `: ${clean(note)}`;
  return `${sign} ${paint(requirement, 'dim', style)}  ${what}${status === 'held' ? paint(why, 'dim', style) : why}`;
}

/** "– P-01 P-02  why none of them is tried" */
export function elsewhereLine({ requirements, why }: Elsewhere, style: Style): string {
  return paint(`${icon('skipped', style)} ${requirements.join(' ')}  ${why}`, 'dim', style);
}

/** How many hold, in one line. */
export function outcomeCount(outcomes: readonly Outcome[], style: Style): string {
  const broken = outcomes.filter(({ status }) => status === 'broken').length;
  const held = outcomes.filter(({ status }) => status === 'held').length;
  if (broken === 0) return `${paint(icon('ok', style), 'green', style)} all ${held} requirements that were tried hold`;
  const word = broken === 1 ? 'requirement does' : 'requirements do';
  return `${paint(icon('fault', style), 'red', style)} ${broken} ${word} not hold, ${held} do`;
}
