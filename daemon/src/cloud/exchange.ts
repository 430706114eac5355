import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Clock } from '../clock.ts';
import { systemCodeOf } from '../errors.ts';

export type HttpAnswer = { status: number; headers: IncomingHttpHeaders; body: string };

export type ExchangeOptions = { clock: Clock; timeoutMs: number; body?: string | undefined; limitBytes?: number };

const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * Sends a request and reads the whole answer within `timeoutMs`; once more where its connection was found closed.
 * @throws Error of the connection; with code ETIMEDOUT when the time is over, EMSGSIZE when the answer is too large.
 */
export async function exchange(begin: () => ClientRequest, options: ExchangeOptions): Promise<HttpAnswer> {
  const request = begin();
  try {
    return await exchangeOnce(request, options);
  } catch (error) {
    // The service may close a connection that was idle just as it is used again: that says nothing about the service.
    const stale = request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(systemCodeOf(error) ?? '');
    if (!stale) throw error;
    return exchangeOnce(begin(), options);
  }
}

function exchangeOnce(
  request: ClientRequest,
  { clock, timeoutMs, body, limitBytes = BODY_LIMIT_BYTES }: ExchangeOptions,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const give = (code: string, message: string) => request.destroy(Object.assign(new Error(message), { code }));
    const cancel = clock.after(timeoutMs, () => give('ETIMEDOUT', `no answer within ${timeoutMs} ms`));
    const fail = (error: Error) => {
      cancel();
      reject(error);
    };
    request.on('error', fail);
    // A change of protocol, which nobody has asked for, would end the connection without any other word.
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      fail(new Error('it answered with a change of protocol'));
    });
    request.on('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > limitBytes) give('EMSGSIZE', `an answer of more than ${limitBytes} bytes`);
        else chunks.push(chunk);
      });
      // A new error: the connection's own code must not say that nothing was answered.
      response.on('error', (cause) => fail(new Error(`the answer broke off: ${cause.message}`, { cause })));
      response.on('end', () => {
        cancel();
        const { statusCode, headers } = response;
        resolve({ status: statusCode ?? 0, headers, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    request.end(body);
  });
}
