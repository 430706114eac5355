import type { CheckResult } from './check.ts';

export type Policy = {
  kind: 'all' | 'any' | 'quorum';
  /** Share of the weight, over 0 to 1, that must be idle under `quorum`. */
  quorum: number;
};

/** What all verdicts together make of the host. */
export type HostVerdict = {
  verdict: 'idle' | 'busy';
  /** One sentence. */
  reason: string;
  /** The checks that hold it awake. */
  blockers: string[];
};

/**
 * Turns the verdicts of one round into the host's. Unknown counts as busy unless the check's `on_error` is `ignore`;
 * what is absent or only informs has no say; a host that nothing speaks for is busy.
 */
export function decide(policy: Policy, checks: readonly CheckResult[]): HostVerdict {
  const counting = checks.filter(hasSay);
  if (counting.length === 0) {
    return { verdict: 'busy', reason: 'no check has a say: nothing tells that this host is idle', blockers: [] };
  }
  if (policy.kind === 'any') return decideAny(counting);
  return policy.kind === 'quorum' ? decideQuorum(counting, policy.quorum) : decideAll(counting);
}

function hasSay(check: CheckResult): boolean {
  if (!check.counts || check.verdict === 'absent') return false;
  return check.verdict !== 'unknown' || check.onError === 'busy';
}

function decideAll(checks: readonly CheckResult[], noun: 'check' | 'monitor' = 'check'): HostVerdict {
  const blocking = checks.filter(({ verdict }) => verdict !== 'idle');
  if (blocking.length > 0) return busy(blocking);
  return {
    verdict: 'idle',
    reason: checks.length === 1 ? `the only ${noun} says idle` : `all ${checks.length} ${noun}s say idle`,
    blockers: [],
  };
}

function decideAny(checks: readonly CheckResult[]): HostVerdict {
  const plugin = checks.find(({ kind, verdict }) => kind === 'plugin' && verdict === 'idle');
  if (plugin) return { verdict: 'idle', reason: `${plugin.name} says idle: ${plugin.reason}`, blockers: [] };
  const monitors = checks.filter(({ kind }) => kind === 'monitor');
  return monitors.length === 0 ? busy(checks) : decideAll(monitors, 'monitor');
}

function decideQuorum(checks: readonly CheckResult[], quorum: number): HostVerdict {
  const weigh = (some: readonly CheckResult[]) => some.reduce((sum, { weight }) => sum + weight, 0);
  const total = weigh(checks);
  const idle = weigh(checks.filter(({ verdict }) => verdict === 'idle'));
  const share = `${round(idle)} of ${round(total)} by weight say idle, ${round(quorum * total)} are needed`;
  // Divided, 55 of 100 is exactly 0.55; multiplied, 0.55 of 100 is a little more than 55.
  if (total > 0 && idle / total >= quorum) return { verdict: 'idle', reason: share, blockers: [] };
  const blocking = busy(checks.filter(({ verdict }) => verdict !== 'idle'));
  return { ...blocking, reason: `${share}; ${blocking.reason}` };
}

function busy(blocking: readonly CheckResult[]): HostVerdict {
  const [first] = blocking;
  const others = blocking.length > 1 ? ` (and ${blocking.length - 1} more)` : '';
  const word = first?.verdict === 'unknown' ? `${first.name} cannot say: ` : '';
  return {
    verdict: 'busy',
    reason: `${word}${first?.reason ?? 'nothing says idle'}${others}`,
    blockers: blocking.map(({ name }) => name),
  };
}

function round(weight: number): number {
  return Math.round(weight * 100) / 100;
}
