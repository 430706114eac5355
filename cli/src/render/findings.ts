import type { Finding } from '../plugin-author/validate/finding.ts';
import { icon, paint, type Style } from './style.ts';
import { clean } from './text.ts';

/** What was found in a plugin's folder, a line each, and under it what to write instead. */
export function findingLines(findings: readonly Finding[], style: Style): string[] {
  return findings.flatMap(({ kind, file, place, path, message, suggestion }) => {
    const sign = paint(icon(kind, style), kind === 'fault' ? 'red' : 'yellow', style);
    const where = [file, ...(place === null ? [] : [place])].join(':');
    const what = clean([...(path === '' ? [] : [path]), message].join(': '));
    const instead = suggestion === null ? [] : [`    ${paint(clean(suggestion), 'dim', style)}`];
    return [`${sign} ${where}: ${what}`, ...instead];
  });
}
