/** How messages are told apart on a stream (PROTOCOL.md, Transport). */
export type Framing = 'lines' | 'headers';

/** The largest message in either direction, in bytes. */
export const MESSAGE_LIMIT_BYTES = 1024 * 1024;

/** What went wrong on the wire without ending it. */
export type WireFault = { kind: 'junk' | 'too-large' | 'late-answer' | 'unknown-answer'; message: string };

export type RpcOptions = {
  framing: Framing;
  /** Accept the small-plugin dialect of PROTOCOL.md from the other side. */
  lenient: boolean;
  /** Answers the other side's requests; what it throws becomes a JSON-RPC error. Aborted on `$/cancelRequest`, and when it ends. */
  onRequest?: (method: string, params: unknown, signal: AbortSignal) => Promise<unknown>;
  onNotification?: (method: string, params: unknown) => void;
  /** Told of each fault; never more often than the other side makes them, so rate-limit what you log. */
  onFault?: (fault: WireFault) => void;
};

/** An error that the other side answered with. */
export type RpcErrorAnswer = { code: number; message: string; data?: unknown };

/** One JSON-RPC 2.0 connection over two streams. */
export type RpcConnection = {
  /**
   * Sends a request and waits for its answer.
   * @throws RpcAnswerError when the other side answers with an error, RpcTimeoutError after `timeoutMs`
   * (the other side gets `$/cancelRequest`, a later answer is dropped and counted), RpcClosedError when the stream ends
   * or `signal` aborts, RpcSendError when the request is too large. `onAnswer` is called when the other side has
   * answered, be it too late.
   */
  request(
    method: string,
    params: unknown,
    timeoutMs: number,
    signal?: AbortSignal,
    onAnswer?: () => void,
  ): Promise<unknown>;
  notify(method: string, params: unknown): void;
  /** Resolves once when the other side has ended or the connection was closed. */
  closed: Promise<void>;
  /** Ends it: open requests reject with RpcClosedError, the streams' listeners are gone. */
  close(): void;
};
