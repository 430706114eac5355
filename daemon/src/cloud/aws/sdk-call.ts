import { messageOf, systemCodeOf } from '../../errors.ts';
import type { Ec2Answer } from './ec2.ts';

/** How the children call AWS: the daemon's own time limits are longer. */
export function clientOptions(region: string, requestTimeout: number) {
  return {
    region,
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout,
      throwOnRequestTimeout: true, // else the SDK only warns
    },
  };
}

/** What came of a call of the SDK; never rejects. */
export async function answerOf(call: () => Promise<unknown>): Promise<Ec2Answer> {
  try {
    return { ok: true, value: await call() };
  } catch (error) {
    return { ok: false, code: codeOf(error), message: messageOf(error) };
  }
}

/** The service's code is the error's name; a connection that failed has the system's. */
function codeOf(error: unknown): string {
  const name = error instanceof Error ? error.name : 'Error';
  return /^(Aggregate)?Error$/.test(name) ? (systemCodeOf(error) ?? name) : name;
}
