import type { Readable, Writable } from 'node:stream';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type Message,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc/node';
import type { Clock } from '../clock.ts';
import { CODES } from './codes.ts';
import { createDecoder, encodeMessage, excerpt } from './framing.ts';
import { normalize } from './leniency.ts';
import { kindOf } from './message.ts';
import { createPace } from './pace.ts';
import { MESSAGE_LIMIT_BYTES, type RpcOptions } from './rpc.ts';

export type Transport = {
  reader: MessageReader;
  writer: MessageWriter;
  /** Takes every listener off the streams; vscode-jsonrpc leaves them there. */
  end(): void;
};

type Received = { id?: number | string; method?: string; params?: unknown; error?: unknown };

/**
 * Our framings for vscode-jsonrpc, which wants a reader and a writer. Kept from it are answers to requests that were
 * never made or were answered before, and notifications, which it would queue without end.
 */
export function createTransport(
  readable: Readable,
  writable: Writable,
  options: RpcOptions & { clock: Clock },
): Transport {
  const awaited = new Set<number | string>();
  const pace = createPace(readable, writable, options.clock);
  const fault = options.onFault ?? (() => {});
  let stopListening = () => {};

  const refuse = (message: Received) => {
    const said = message.error === undefined ? '' : `, error ${excerpt(JSON.stringify(message.error))}`;
    fault({ kind: 'unknown-answer', message: `an answer to no open request: id ${JSON.stringify(message.id)}${said}` });
  };

  const sort = (given: object, length: number, callback: (message: Message) => void) => {
    const message: Received = options.lenient ? normalize(given) : given;
    const kind = kindOf(message);
    if (kind === 'answer' && awaited.delete(message.id as number)) return callback(message as Message);
    if (kind === 'request') pace.requestBegan(message.id, length);
    else pace.countUnsolicited();
    if (kind === 'answer') return refuse(message);
    if (kind === 'junk') return fault({ kind, message: `no JSON-RPC message: ${excerpt(JSON.stringify(given))}` });
    if (kind === 'request' || message.method === '$/cancelRequest') return callback(message as Message);
    options.onNotification?.(message.method ?? '', message.params);
  };

  class Reader extends AbstractMessageReader {
    listen(callback: (message: Message) => void) {
      const decoder = createDecoder(options.framing, {
        onFault(told) {
          pace.countUnsolicited();
          fault(told);
        },
        onMessage: (message, length) => sort(message, length, callback),
      });
      const push = (chunk: Buffer) => {
        // a plugin's; people may send whole packages
        if (options.lenient) pace.countRead(chunk.length);
        decoder.push(chunk);
      };
      const end = () => this.fireClose();
      readable.on('data', push);
      for (const event of ENDS) readable.once(event, end);
      stopListening = () => {
        readable.off('data', push);
        for (const event of ENDS) readable.off(event, end);
      };
      return { dispose: stopListening };
    }
  }

  class Writer extends AbstractMessageWriter {
    write(message: Message): Promise<void> {
      const { id, method } = message as Received;
      let bytes = encodeMessage(options.framing, message);
      if (bytes.length > MESSAGE_LIMIT_BYTES) {
        const why = `a message of ${bytes.length} bytes, at most ${MESSAGE_LIMIT_BYTES} are possible`;
        if (method !== undefined) return Promise.reject(new Error(why));
        // Whoever asked must hear something, or it waits until its time is over.
        const error = { code: CODES.internalError, message: `the answer is ${why}` };
        bytes = encodeMessage(options.framing, { jsonrpc: '2.0', id, error });
      }
      if (method === undefined) pace.requestEnded(id);
      else if (id !== undefined) awaited.add(id);
      // A broken pipe is told by the stream's own events; a request that is never answered has its timeout.
      if (writable.writable) writable.write(bytes);
      pace.afterWrite();
      return Promise.resolve();
    }
    end(): void {}
  }
  return {
    reader: new Reader(),
    writer: new Writer(),
    end() {
      stopListening();
      pace.end();
    },
  };
}

const ENDS = ['close', 'end', 'error'] as const;
