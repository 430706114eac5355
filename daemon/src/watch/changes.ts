import type { CheckResult } from '../idle/check.ts';
import type { Round } from './round.ts';

type Seen = Pick<Round, 'checks' | 'host'>;

/**
 * The lines for the log when a round differs from the one before: the host's verdict, and each check whose verdict
 * changed. Nothing where nothing changed; values alone are no change.
 */
export function describeChange(before: Seen | undefined, after: Seen): string[] {
  const lines = after.checks
    .filter((check) => verdictOf(before, check.name) !== check.verdict)
    .map((check) => `${check.name} is ${check.verdict}: ${check.reason}`);
  const gone = (before?.checks ?? []).filter((check) => !after.checks.some((other) => other.name === check.name));
  lines.push(...gone.map((check) => `${check.name} is not asked any more`));
  if (before?.host.verdict !== after.host.verdict)
    lines.push(`the host is ${after.host.verdict}: ${after.host.reason}`);
  return lines;
}

function verdictOf(round: Seen | undefined, name: string): CheckResult['verdict'] | undefined {
  return round?.checks.find((check) => check.name === name)?.verdict;
}
