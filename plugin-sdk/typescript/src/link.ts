import { AnswerError, ERROR_CODES, type Message } from './protocol.ts';

/** How the host is reached: over the wire, or inside the daemon. */
export type HostLink = {
  /** `signal` aborts when the answer is not wanted any more. @throws AnswerError with the host's code. */
  ask(method: string, params: object, signal?: AbortSignal): Promise<unknown>;
  tell(method: string, params: object): void;
};

/** A link over the wire: sends requests with ids of its own, and gives the answers to whoever asked. */
export function createLink(send: (message: object) => void): HostLink & {
  /** An answer of the host; one to nothing is dropped. */
  take(message: Message): void;
  /** What the host offers, from `Initialize`. */
  offer(methods: string[]): void;
} {
  let lastId = 0;
  let offered: string[] | undefined;
  const waiting = new Map<unknown, PromiseWithResolvers<unknown>>();
  return {
    async ask(method, params, signal) {
      if (offered && !offered.includes(method)) {
        const text = `the daemon offers no ${method} here: name it in permissions.host`;
        throw new AnswerError(ERROR_CODES.notPermitted, text);
      }
      signal?.throwIfAborted();
      const id = ++lastId;
      const answer = Promise.withResolvers<unknown>();
      const cancel = () => {
        send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id } });
        answer.reject(signal?.reason);
      };
      waiting.set(id, answer);
      signal?.addEventListener('abort', cancel, { once: true });
      try {
        send({ jsonrpc: '2.0', id, method, params });
        return await answer.promise;
      } finally {
        waiting.delete(id);
        signal?.removeEventListener('abort', cancel);
      }
    },
    tell(method, params) {
      if (!offered || offered.includes(method)) send({ jsonrpc: '2.0', method, params });
    },
    take(message) {
      const error = errorOf(message);
      const answer = waiting.get(message.id);
      if (error) answer?.reject(error);
      else answer?.resolve(message.result);
    },
    offer(methods) {
      offered = methods;
    },
  };
}

/** What an answer says went wrong: in an error, in plain text, or in its result, as the daemon takes it from plugins. */
function errorOf({ result, error }: Message): AnswerError | undefined {
  const inside = typeof result === 'object' && result !== null && 'error' in result ? result.error : undefined;
  const found = error ?? (typeof inside === 'string' ? inside : undefined);
  if (found === undefined) return undefined;
  const { code, message } = (typeof found === 'object' ? found : { message: String(found) }) as Partial<AnswerError>;
  return new AnswerError(code ?? ERROR_CODES.internalError, message ?? JSON.stringify(found));
}
