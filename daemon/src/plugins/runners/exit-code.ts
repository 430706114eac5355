import type { Readable } from 'node:stream';
import { CODES } from '../../rpc/codes.ts';
import { RpcAnswerError } from '../../rpc/errors.ts';
import { createPerCallRunner, endOf, type PerCallOptions, type SingleCall } from './per-call.ts';
import type { Runner } from './runner.ts';

const LONGEST_LINE_CHARACTERS = 500;
/** What an exit code says; any other one is an error. */
const EXIT_CODES: readonly (number | null)[] = [0, 1];

/**
 * Process model `exec`, for programs that know no JSON: everything is in the environment, the exit code is the answer
 * (0 idle or handled, 1 busy or not handled), and the first line of its output the reason.
 */
export function createExitCodeRunner(options: PerCallOptions): Runner {
  return createPerCallRunner(options, {
    environment: variablesOf,
    async answer(process, { method }, signal) {
      if (method !== 'CheckIdle' && method !== 'HandleEvent')
        throw new RpcAnswerError(CODES.methodNotFound, `an exec plugin does not do ${method}`);
      process.stdin.end();
      const line = followFirstLine(process.stdout);
      const { exitCode, message } = await endOf(process, signal);
      if (!EXIT_CODES.includes(exitCode)) throw new Error(line() === '' ? message : `${message}; ${line()}`);
      if (method === 'HandleEvent') return { handled: exitCode === 0, result: line() === '' ? null : line() };
      return { is_idle: exitCode === 0, reason: line() === '' ? `exit code ${exitCode}` : line() };
    },
  });
}

/** A call as variables: `SNOOZE_METRIC_CPU_USAGE`, `SNOOZE_EVENT_TYPE`, `SNOOZE_CONFIG_LIMIT` … Pure. */
export function variablesOf({ params, config }: SingleCall): Record<string, string> {
  return {
    ...prefixed('SNOOZE_CONFIG_', config),
    ...prefixed('SNOOZE_METRIC_', params['metrics']),
    ...prefixed('SNOOZE_EVENT_', params['event']),
  };
}

/** Texts as they are, everything else as JSON; what is null is not there. */
function prefixed(prefix: string, values: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values ?? {}).flatMap(([name, value]) => {
      if (value === null || value === undefined) return [];
      const key = prefix + name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
      return [[key, typeof value === 'string' ? value : JSON.stringify(value)]];
    }),
  );
}

/** Reads all of a stream and keeps the beginning of its first line. */
function followFirstLine(stream: Readable): () => string {
  let kept = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    if (kept.length < LONGEST_LINE_CHARACTERS && !kept.includes('\n')) kept += chunk;
  });
  return () => (kept.split('\n')[0] ?? '').trim().slice(0, LONGEST_LINE_CHARACTERS);
}
