import { type Clock, rfc3339 } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { PluginSummary } from '../host.ts';
import { capabilitiesOf, type InstanceSpec } from '../manifest/instance-spec.ts';
import type { Statistics } from '../records/statistics.ts';
import type { Checker } from './checking.ts';
import type { Supervisor } from './supervisor.ts';

export type SummaryParts = {
  spec: InstanceSpec;
  supervisor: Supervisor;
  checker: Checker;
  statistics: Statistics;
  sinceWallMs: number;
  unconfined: string | null;
  altered: string | null;
  clock: Clock;
};

/** An instance as lists show it. */
export function summarize({
  spec,
  supervisor,
  checker,
  statistics,
  sinceWallMs,
  unconfined,
  altered,
  clock,
}: SummaryParts): PluginSummary {
  const { state, cause, restarts } = supervisor.life();
  const last = checker.last();
  const retry = state.name === 'failed' && 'atBootMs' in state.retry ? state.retry : undefined;
  return {
    instance: spec.instance,
    plugin: spec.manifest.name,
    version: spec.manifest.version,
    directory: spec.directory,
    state: state.name,
    cause,
    since: rfc3339(sinceWallMs),
    degraded: state.name === 'running' ? (state.degraded ?? altered) : null,
    unconfined,
    next_try: retry === undefined ? null : rfc3339(clock.wallMs() + retry.atBootMs - clock.bootMs()),
    enabled: true,
    pid: supervisor.present()?.pid ?? null,
    restarts,
    timeouts: statistics.timeouts(),
    last_error: state.name === 'failed' ? state.error : lastError(checker),
    verdict: capabilitiesOf(spec.manifest).includes('check_idle') ? (last?.verdict ?? null) : null,
    reason: last?.reason ?? null,
    took_ms: last?.tookMs ?? null,
  };
}

function lastError({ lastFailure }: Checker): string | null {
  return lastFailure() === null ? null : messageOf(lastFailure());
}
