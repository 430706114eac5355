import type { Readable, Writable } from 'node:stream';
import { CancellationTokenSource, createMessageConnection, ErrorCodes, ResponseError } from 'vscode-jsonrpc/node';
import type { Clock } from '../clock.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import { CODES } from './codes.ts';
import { RpcAnswerError, RpcClosedError, RpcSendError, RpcTimeoutError } from './errors.ts';
import type { RpcConnection, RpcOptions } from './rpc.ts';
import { createTransport } from './transport.ts';

/** A JSON-RPC 2.0 connection over two streams; see `RpcConnection`. */
export function createRpcConnection(
  readable: Readable,
  writable: Writable,
  options: RpcOptions & { clock: Clock },
): RpcConnection {
  const transport = createTransport(readable, writable, options);
  const connection = createMessageConnection(transport.reader, transport.writer, {
    error() {},
    warn() {},
    info() {},
    log() {},
  });
  const inWork = new Set<AbortController>();
  const open = new Set<(error: Error) => void>();
  const { promise: closed, resolve: announceClosed } = Promise.withResolvers<void>();
  let isClosed = false;
  const close = (reason: string) => {
    if (isClosed) return;
    isClosed = true;
    connection.dispose();
    transport.end();
    for (const canceling of inWork) canceling.abort();
    for (const reject of open) reject(new RpcClosedError(reason));
    announceClosed();
  };

  // Without a listener an EPIPE would be thrown at nobody.
  writable.on('error', () => {});
  readable.on('error', () => {});
  connection.onClose(() => close('the other side has ended'));
  connection.onError(() => {});
  connection.onRequest(async (method, params, token) => {
    const canceling = new AbortController();
    token.onCancellationRequested(() => canceling.abort());
    if (!options.onRequest) return new ResponseError(ErrorCodes.MethodNotFound, `there is no method ${method}`);
    inWork.add(canceling);
    try {
      return (await options.onRequest(method, params, canceling.signal)) ?? null;
    } catch (error) {
      return asResponseError(error);
    } finally {
      inWork.delete(canceling);
    }
  });
  connection.listen();

  return {
    request(method, params, timeoutMs, signal, onAnswer = () => {}) {
      if (isClosed) return Promise.reject(new RpcClosedError('the other side has ended'));
      if (signal?.aborted) return Promise.reject(new RpcClosedError(`nobody waits for ${method} any more`));
      const canceling = new CancellationTokenSource();
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      let waiting = true;
      const settle = (act: () => void) => {
        if (!waiting) return;
        waiting = false;
        open.delete(rejectOpen);
        cancelTimer();
        signal?.removeEventListener('abort', onAbort);
        act();
      };
      const rejectOpen = (error: Error) => settle(() => reject(error));
      const giveUp = (error: Error) => {
        canceling.cancel();
        rejectOpen(error);
      };
      const onAbort = () => giveUp(new RpcClosedError(`nobody waits for ${method} any more`));
      const cancelTimer = options.clock.after(timeoutMs, () => giveUp(new RpcTimeoutError(method, timeoutMs)));
      open.add(rejectOpen);
      signal?.addEventListener('abort', onAbort, { once: true });
      const late = () => options.onFault?.({ kind: 'late-answer', message: `an answer to ${method} came too late` });
      connection.sendRequest(method, params, canceling.token).then(
        (result) => {
          onAnswer();
          if (waiting) settle(() => resolve(result));
          else late();
        },
        (error: unknown) => {
          onAnswer();
          if (waiting) rejectOpen(asAnswerError(method, error));
          else if (!isClosed) late();
        },
      );
      return promise;
    },
    notify(method, params) {
      if (isClosed) return;
      connection.sendNotification(method, params).catch(() => {}); // a closed connection has told it already
    },
    closed,
    close: () => close('the connection was closed'),
  };
}

function asAnswerError(method: string, error: unknown): Error {
  if (error instanceof ResponseError && error.code === ErrorCodes.MessageWriteError)
    return new RpcSendError(method, error.message);
  if (error instanceof ResponseError) return new RpcAnswerError(error.code, error.message, error.data);
  return new RpcClosedError(messageOf(error));
}

function asResponseError(error: unknown): ResponseError<unknown> {
  if (error instanceof RpcAnswerError) return new ResponseError(error.code, error.message, error.data);
  if (!(error instanceof SnoozeError)) return new ResponseError(ErrorCodes.InternalError, messageOf(error));
  // the SnoozeError's own code travels in `data`
  return new ResponseError(CODES.refused, error.message, { code: error.code, hint: error.hint ?? null });
}
