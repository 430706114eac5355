import { RpcAnswerError } from '../../rpc/errors.ts';
import type { HostSide } from '../process/plugin-process.ts';
import { createPerCallRunner, endOf, type PerCallOptions } from './per-call.ts';
import type { Runner } from './runner.ts';
import { talkTo } from './talk.ts';

/** The call's own time ends it first. */
const NO_LIMIT_MS = 2 ** 31 - 1;

/** Process model `oneshot`: one request on standard input, with `config` among its params, one answer, then its end. */
export function createOneshotRunner(options: PerCallOptions & HostSide): Runner {
  return createPerCallRunner(options, {
    environment: () => ({}),
    async answer(process, { method, params, config }, signal) {
      const connection = talkTo(process, options);
      try {
        return await connection.request(method, { ...params, config }, NO_LIMIT_MS, signal);
      } catch (error) {
        if (error instanceof RpcAnswerError || signal.aborted) throw error;
        throw new Error((await endOf(process, signal)).message, { cause: error });
      } finally {
        connection.close();
      }
    },
  });
}
