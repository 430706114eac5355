import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { colourOf, type Paint, paint, type Style } from './style.ts';
import { clean, wrap } from './text.ts';

type Diagnosis = ControlMethods['plugin.diagnose']['result'];

const SEVERITIES: Record<string, Paint> = { critical: 'red', error: 'red', warning: 'yellow', info: 'cyan' };

/** What a plugin has found: each finding with its detail and what to do about it. */
export function diagnosisLines(
  { status, findings, metrics }: Diagnosis,
  frame: { width: number; style: Style },
): string[] {
  const { style } = frame;
  const count = findings.length === 0 ? 'nothing found' : `${findings.length} found`;
  const numbers = Object.entries(metrics).map(
    ([name, value]) => `  ${paint(name, 'dim', style)} ${clean(show(value))}`,
  );
  return [
    `${paint(clean(status), colourOf(status), style)} · ${count}`,
    ...findings.flatMap((finding) => findingLines(finding, frame)),
    ...numbers,
  ];
}

function findingLines(
  { severity, category, title, detail, suggestion }: Diagnosis['findings'][number],
  { width, style }: { width: number; style: Style },
): string[] {
  const head = [severity, category].filter((word) => word !== '').map(clean);
  const indented = (text: string | null) =>
    text === null ? [] : wrap(clean(text), width - 4).map((line) => `    ${line}`);
  return [
    `  ${paint(head.join(' · '), SEVERITIES[severity.toLowerCase()], style)}${head.length > 0 ? ': ' : ''}${clean(title)}`,
    ...indented(detail),
    ...indented(suggestion === null ? null : `→ ${suggestion}`),
  ];
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
