import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { isAnswered } from '../../rpc/codes.ts';
import { RpcAnswerError } from '../../rpc/errors.ts';
import type { InstanceSpec } from '../manifest/instance-spec.ts';
import type { Runner } from '../runners/runner.ts';
import { healthAnswer } from './answers.ts';
import type { Life } from './lifecycle.ts';
import type { Supervisor } from './supervisor.ts';

/** What looks after one instance knows of it. */
export type CareParts = {
  spec: () => InstanceSpec;
  supervisor: () => Supervisor;
  /** What it is at work on and may not be disturbed in. */
  atWork: () => string | undefined;
  /** Has one started again that is of no use any more. */
  giveUp: (runner: Runner, error: string) => void;
  clock: Clock;
  log: Log;
};

const TIMEOUT_MS = 5_000;
/** So many in a row without an answer, and it hangs. */
const SILENCES_BEFORE_RESTART = 3;

/** Asks a plugin for its health every `health_interval_seconds` while it runs; told of each change of its life. */
export function createHealthWatch({ spec, supervisor, atWork, giveUp, clock, log }: CareParts): (life: Life) => void {
  let watched: Runner | undefined;
  let silences = 0;
  let cancel = () => {};

  const arm = (runner: Runner, intervalMs: number) => {
    cancel = clock.after(intervalMs, () => {
      look(runner)
        .then((goOn) => goOn && watched === runner && arm(runner, intervalMs))
        .catch(() => {}); // `look` tells every failure itself
    });
  };

  /** False where there is nothing more to ask. */
  const look = async (runner: Runner): Promise<boolean> => {
    if (atWork() !== undefined) return true;
    try {
      const { status, message } = healthAnswer(await runner.call('HealthCheck', {}, { timeoutMs: TIMEOUT_MS }));
      silences = 0;
      if (watched !== runner) return false;
      if (status === 'failed') giveUp(runner, `its HealthCheck failed: ${message}`);
      else supervisor().health(status === 'degraded' ? message : null);
      return status !== 'failed';
    } catch (error) {
      if (watched !== runner) return false;
      // One that made way for an event has not failed.
      if (atWork() !== undefined) return true;
      if (error instanceof RpcAnswerError && !isPassing(error)) {
        log.debug({ plugin: spec().instance }, `is not asked for its health any more: ${error.message}`);
        return false;
      }
      silences = error instanceof RpcAnswerError ? 0 : silences + 1;
      if (silences >= SILENCES_BEFORE_RESTART) giveUp(runner, `it stopped answering: ${messageOf(error)}`);
      else supervisor().health(messageOf(error));
      return silences < SILENCES_BEFORE_RESTART;
    }
  };

  return () => {
    const runner = supervisor().running();
    if (runner === watched) return;
    cancel();
    watched = runner;
    silences = 0;
    const { health_interval_seconds: intervalSeconds } = spec().manifest;
    if (runner !== undefined && intervalSeconds !== undefined) arm(runner, intervalSeconds * 1000);
  };
}

/** It does HealthCheck, and cannot do it now; any other error means that it does not. */
function isPassing(error: unknown): boolean {
  return isAnswered(error, 'notReady') || isAnswered(error, 'timedOut');
}
