import { type Exchange, type Workbench, withTrial } from '../session.ts';
import type { Recording } from './recording.ts';
import { differenceOf } from './recording.ts';

const LONGEST_CALL_MS = 60_000;

/** A call of a recording, made again; `difference` is null where it was answered as then. */
export type Replayed = { method: string; params: unknown; difference: string | null };

/** Starts the plugin as it is now and asks it what it was asked when it was recorded. */
export async function replay(bench: Workbench, { exchanges }: Recording): Promise<Replayed[]> {
  const replayed: Replayed[] = [];
  let last: Exchange | undefined;
  const listening: Workbench = {
    ...bench,
    onExchange(exchange) {
      last = exchange;
      bench.onExchange(exchange);
    },
  };
  await withTrial(listening, 'auto', async (trial) => {
    await trial.initialize();
    for (const { method, params, answer } of exchanges) {
      await trial.runner.call(method, params, { timeoutMs: LONGEST_CALL_MS }).catch(() => {}); // `onExchange` has it
      replayed.push({
        method,
        params,
        difference: last === undefined ? 'it was not asked' : differenceOf(answer, last.answer),
      });
    }
  });
  return replayed;
}
