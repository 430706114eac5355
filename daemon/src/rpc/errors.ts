/** The other side answered a request with an error. */
export class RpcAnswerError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.name = 'RpcAnswerError';
    this.code = code;
    this.data = data;
  }
}

/** No answer came in time. */
export class RpcTimeoutError extends Error {
  constructor(method: string, timeoutMs: number) {
    super(`no answer to ${method} within ${timeoutMs} ms`);
    this.name = 'RpcTimeoutError';
  }
}

/** The connection ended before the answer, or nobody waits for it any more. */
export class RpcClosedError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'RpcClosedError';
  }
}

/** A message could not be sent: it is too large. */
export class RpcSendError extends Error {
  constructor(method: string, reason: string) {
    super(`${method} was not sent: ${reason}`);
    this.name = 'RpcSendError';
  }
}
