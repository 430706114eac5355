import { createLink } from './link.ts';
import { createMethods } from './methods.ts';
import type { Log, Plugin } from './plugin.ts';
import { AnswerError, ERROR_CODES, type Message } from './protocol.ts';

export type SessionParts = {
  log: Log;
  send(message: object): void;
  /** Told after each answer, with the number of requests that are still being answered. */
  onAnswered(method: string, open: number): void;
};

/** A plugin's side of the protocol, whatever carries the messages. */
export type Session = {
  take(message: Message): void;
  open(): number;
  /** Tells whatever is being done that nobody waits any more. */
  cancelAll(): void;
};

/** Serves the object of a plugin. */
export function createSession<Config>(plugin: Plugin<Config>, { log, send, onAnswered }: SessionParts): Session {
  const link = createLink(send);
  const answer = createMethods(plugin, log, link);
  const running = new Map<unknown, AbortController>();

  const respond = async ({ id, params = {} }: Message, method: string) => {
    const canceling = new AbortController();
    running.set(id, canceling);
    if (method === 'Initialize' && Array.isArray(params['host_methods'])) link.offer(params['host_methods']);
    try {
      const result = await answer(method, params, canceling.signal);
      send({ jsonrpc: '2.0', id, result: result ?? {} });
    } catch (error) {
      const code = error instanceof AnswerError ? error.code : ERROR_CODES.internalError;
      if (!(error instanceof AnswerError)) log.error(error instanceof Error ? (error.stack ?? '') : String(error));
      const message = error instanceof Error ? error.message : String(error);
      send({ jsonrpc: '2.0', id, error: { code, message } });
    }
    running.delete(id);
    onAnswered(method, running.size);
  };

  return {
    take(message) {
      if (message.method === '$/cancelRequest') running.get(message.params?.['id'])?.abort();
      else if (message.id === undefined || message.id === null) return;
      else if (typeof message.method === 'string') void respond(message, message.method);
      else link.take(message);
    },
    open: () => running.size,
    cancelAll() {
      for (const canceling of running.values()) canceling.abort();
    },
  };
}
