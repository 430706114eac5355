import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import type { History } from '../../store/store.ts';
import type { Life, Retry } from './lifecycle.ts';

/** Where the life of an instance is told. */
export type LifeRecord = { history: History; log: Log; clock: Clock };

/** What a plugin says of its health is for it to say, a hundred times a second if it likes. */
const HEALTH_CHANGES_PER_MINUTE = 10;
const MINUTE_MS = 60_000;

/** Puts each change in an instance's life on record, with its cause; of its health only so many in a minute. */
export function createLifeTeller(instance: string, record: LifeRecord): (life: Life) => void {
  const { clock } = record;
  let wasRunning = false;
  let hadFailed = false;
  let minuteStartedMs = Number.NEGATIVE_INFINITY;
  let changes = 0;
  return (life) => {
    const isHealth = wasRunning && life.state.name === 'running';
    wasRunning = life.state.name === 'running';
    // that it is tried again was said, too
    if (hadFailed && life.state.name === 'stopped')
      record.log.info({ plugin: instance }, `not tried again: ${life.cause}`);
    hadFailed = life.state.name === 'failed';
    if (!isHealth) return tell(instance, life, record);
    if (clock.bootMs() - minuteStartedMs >= MINUTE_MS) {
      minuteStartedMs = clock.bootMs();
      changes = 0;
    }
    changes += 1;
    if (changes > HEALTH_CHANGES_PER_MINUTE) return;
    const more = changes < HEALTH_CHANGES_PER_MINUTE ? '' : ' (its next changes in this minute are not told)';
    tell(instance, { ...life, cause: `${life.cause}${more}` }, record);
  };
}

function tell(instance: string, { state, cause }: Life, { history, log, clock }: LifeRecord): void {
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
    case 'with-dependency':
      return 'started again when that one runs';
    case 'parked':
      return 'it crashes again and again: next try in an hour';
    case 'backoff':
      return `next try in ${((retry.atBootMs - clock.bootMs()) / 1000).toFixed(1)} s`;
  }
}
