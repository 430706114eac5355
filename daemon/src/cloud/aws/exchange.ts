import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Clock } from '../../clock.ts';

export type HttpAnswer = { status: number; body: string };

const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * Sends a request without a body and reads the whole answer within `timeoutMs`.
 * @throws Error of the connection; with code ETIMEDOUT when the time is over, EMSGSIZE when the answer is over 64 KiB.
 */
export function exchange(
  request: ClientRequest,
  { clock, timeoutMs }: { clock: Clock; timeoutMs: number },
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const give = (code: string, message: string) => request.destroy(Object.assign(new Error(message), { code }));
    const cancel = clock.after(timeoutMs, () => give('ETIMEDOUT', `no answer within ${timeoutMs} ms`));
    const fail = (error: Error) => {
      cancel();
      reject(error);
    };
    request.on('error', fail);
    request.on('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > BODY_LIMIT_BYTES) give('EMSGSIZE', `an answer of more than ${BODY_LIMIT_BYTES} bytes`);
        else chunks.push(chunk);
      });
      // A new error: the connection's own code must not say that nothing was answered.
      response.on('error', (cause) => fail(new Error(`the answer broke off: ${cause.message}`, { cause })));
      response.on('end', () => {
        cancel();
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    request.end();
  });
}
