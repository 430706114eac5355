import type { Clock } from '../../clock.ts';
import type { ChangedGrant } from '../sandbox/changed-grants.ts';
import type { Supervisor } from './supervisor.ts';

export type SandboxRenewalParts = {
  supervisor: () => Supervisor;
  /** What its sandbox, which is made at its start, does not show as it is now. */
  changedGrant: ChangedGrant;
  /** Whether it has anything in hand. */
  isAtWork: () => boolean;
  clock: Clock;
};

const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 3_600_000;

/**
 * Gives a function that starts an instance again where a path that it is granted is there by now, or is another one. It
 * resolves when that has begun. One path that is replaced again and again has it started ever less often.
 */
export function createSandboxRenewal(parts: SandboxRenewalParts): () => Promise<void> {
  const { clock, supervisor, isAtWork } = parts;
  let isLooking = false;
  let waitMs = 0;
  let renewedBootMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const runner = supervisor().running();
    const sinceMs = clock.bootMs() - renewedBootMs;
    if (runner === undefined || isLooking || isAtWork() || sinceMs < waitMs) return;
    isLooking = true;
    const changed = await parts.changedGrant();
    isLooking = false;
    if (changed === undefined || isAtWork()) return;
    if (!supervisor().renew(runner, `its sandbox is made anew: ${changed}`)) return;
    waitMs = sinceMs < 2 * waitMs ? Math.min(2 * waitMs, LONGEST_WAIT_MS) : FIRST_WAIT_MS;
    renewedBootMs = clock.bootMs();
  };
}
