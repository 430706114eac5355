import { Duplex } from 'node:stream';
import type { MessagePort } from 'node:worker_threads';

/** A port as a stream, for a connection; each message is a text. */
export type PortStream = { stream: Duplex; traffic(): { sent: number; received: number } };

/** What comes in one turn, or while it is not read, waits in memory: a port cannot be made to wait. */
const UNREAD_LIMIT_BYTES = 16 * 1024 * 1024;
/** What a small message costs beyond its bytes. */
const MESSAGE_COST_BYTES = 1024;

/** Makes a stream of one end of a MessageChannel; it ends with the port, and by a flood that nobody can read. */
export function streamOfPort(port: MessagePort): PortStream {
  let sent = 0;
  let received = 0;
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      sent += chunk.length;
      port.postMessage(chunk.toString());
      done();
    },
    destroy(error, done) {
      port.close();
      done(error);
    },
  });
  let burst = 0;
  port.on('message', (message: unknown) => {
    if (typeof message !== 'string' || stream.destroyed) return;
    const bytes = Buffer.from(message);
    received += bytes.length;
    if (burst === 0) setImmediate(() => (burst = 0));
    burst += bytes.length + MESSAGE_COST_BYTES;
    if (stream.readableLength + burst <= UNREAD_LIMIT_BYTES) return void stream.push(bytes);
    // Now, not in a later turn: as long as it is open and full there is no later turn.
    port.close();
    stream.destroy(new Error('it sends more than can be read'));
  });
  port.on('close', () => stream.destroy());
  return { stream, traffic: () => ({ sent, received }) };
}
