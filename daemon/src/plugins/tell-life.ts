import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { History } from '../store/store.ts';
import type { Life, Retry } from './lifecycle.ts';

/** Puts a change in an instance's life on record, with its cause. */
export function tellLife(
  instance: string,
  { state, cause }: Life,
  { history, log, clock }: { history: History; log: Log; clock: Clock },
): void {
  const givenUp = state.name === 'failed' && state.retry.kind !== 'backoff' ? `; ${whatNext(state.retry, clock)}` : '';
  const name = state.name === 'running' && state.degraded !== null ? 'degraded' : state.name;
  history.add({
    kind: 'plugin',
    cause: `plugin ${instance}`,
    summary: `${instance} is ${name}: ${cause}${givenUp}`,
    details: { instance, state: name, cause },
  });
  const fields = { plugin: instance };
  if (state.name === 'failed') log.warn(fields, `${cause}; ${whatNext(state.retry, clock)}`);
  else if (name === 'degraded') log.warn(fields, `is degraded: ${cause}`);
  else log.debug(fields, `is ${name}: ${cause}`);
}

function whatNext(retry: Retry, clock: Clock): string {
  switch (retry.kind) {
    case 'on-change':
      return 'not started again until its configuration or its files change';
    case 'parked':
      return 'it crashes again and again: next try in an hour';
    case 'backoff':
      return `next try in ${((retry.atBootMs - clock.bootMs()) / 1000).toFixed(1)} s`;
  }
}
