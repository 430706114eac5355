import type { Readable, Writable } from 'node:stream';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type Message,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc/node';
import { createDecoder, encodeMessage } from './framing.ts';
import { normalize } from './leniency.ts';
import { MESSAGE_LIMIT_BYTES, type RpcOptions } from './rpc.ts';

export type Transport = {
  reader: MessageReader;
  writer: MessageWriter;
};

/**
 * Our framings for vscode-jsonrpc, which wants a reader and a writer. Answers to requests that were never made, or
 * were answered before, are kept from it.
 */
export function createTransport(readable: Readable, writable: Writable, options: RpcOptions): Transport {
  const awaited = new Set<number | string>();
  const fault = options.onFault ?? (() => {});

  class Reader extends AbstractMessageReader {
    listen(callback: (message: Message) => void) {
      const decoder = createDecoder(options.framing, {
        onFault: fault,
        onMessage: (message) => {
          const strict = (options.lenient ? normalize(message as object) : message) as Message & { id?: unknown };
          if (isAnswer(strict) && !awaited.delete(strict.id as number)) {
            fault({ kind: 'unknown-answer', message: `an answer to no open request: id ${JSON.stringify(strict.id)}` });
          } else callback(strict);
        },
      });
      const push = (chunk: Buffer) => decoder.push(chunk);
      const end = () => this.fireClose();
      readable.on('data', push);
      readable.once('close', end);
      readable.once('end', end);
      readable.once('error', end);
      return {
        dispose() {
          readable.off('data', push);
          readable.off('close', end);
          readable.off('end', end);
        },
      };
    }
  }

  class Writer extends AbstractMessageWriter {
    write(message: Message): Promise<void> {
      const bytes = encodeMessage(options.framing, message);
      if (bytes.length > MESSAGE_LIMIT_BYTES) {
        return Promise.reject(
          new Error(`a message of ${bytes.length} bytes, at most ${MESSAGE_LIMIT_BYTES} are possible`),
        );
      }
      if ('method' in message && 'id' in message) awaited.add(message.id as number);
      // A broken pipe is told by the stream's own events; a request that is never answered has its timeout.
      if (writable.writable) writable.write(bytes);
      return Promise.resolve();
    }
    end(): void {}
  }
  return { reader: new Reader(), writer: new Writer() };
}

function isAnswer(message: object): boolean {
  return !('method' in message) && 'id' in message;
}
