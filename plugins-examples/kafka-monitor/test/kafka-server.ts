import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { listen } from '../../test-support/service.ts';

/** Topic → the end of each partition's log. */
export type Logs = Record<string, number[]>;

/** A broker that speaks the requests that the monitor makes; `logs` and `groups` may change while it runs. */
export type Broker = {
  address: string;
  logs: Logs;
  /** Group → topic → what it has committed for each partition; -1 for nothing. */
  groups: Record<string, Logs>;
  /** Partitions of `topic` without a leader, and with a replica that is behind. */
  broken: { topic?: string; leaderless?: boolean; behind?: boolean };
};

const INTERNAL = '__consumer_offsets';

/** Starts a broker on loopback: versions 1 of Metadata, ListOffsets and OffsetFetch, 0 of FindCoordinator. */
export async function startKafka(test: TestContext, logs: Logs): Promise<Broker> {
  const broker: Broker = { address: '', logs, groups: {}, broken: {} };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let held = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      held = Buffer.concat([held, bytes]);
      while (held.length >= 4 && held.length >= 4 + held.readInt32BE()) {
        const size = held.readInt32BE();
        const answer = respond(broker, port, held.subarray(4, 4 + size));
        held = held.subarray(4 + size);
        socket.write(Buffer.concat([int32(answer.length), answer]));
      }
    });
  });
  const port = await listen(server);
  test.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  broker.address = `127.0.0.1:${port}`;
  return broker;
}

function respond({ logs, groups, broken }: Broker, port: number, request: Buffer): Buffer {
  let at = 8 + 2 + request.readInt16BE(8); // after the client's name
  const readInt32 = () => {
    at += 4;
    return request.readInt32BE(at - 4);
  };
  const readText = () => {
    const size = request.readInt16BE(at);
    at += 2 + size;
    return request.toString('utf8', at - size, at);
  };
  const readTopics = (more: number) =>
    Array.from({ length: readInt32() }, () => {
      const topic = readText();
      const indexes = Array.from({ length: readInt32() }, () => {
        const index = readInt32();
        at += more;
        return index;
      });
      return { topic, indexes };
    });
  const node = [int32(7), text('127.0.0.1'), int32(port)];
  const id = request.subarray(4, 8);
  const kind = `${request.readInt16BE(0)} v${request.readInt16BE(2)}`;
  if (kind === '3 v1') {
    const topics = Object.entries({ ...logs, [INTERNAL]: [5] }).map(([topic, ends]) => [
      int16(0),
      text(topic),
      Buffer.of(topic === INTERNAL ? 1 : 0),
      list(
        ends.map((_, index) => {
          const hit = broken.topic === topic;
          const leader = hit && broken.leaderless ? -1 : 7;
          const inSync = hit && broken.behind ? [int32(7)] : [int32(7), int32(8)];
          return [
            int16(0),
            int32(index),
            int32(leader),
            list([[int32(7)], [int32(8)]]),
            list(inSync.map((each) => [each])),
          ];
        }),
      ),
    ]);
    return Buffer.concat([id, list([[...node, int16(-1)]]), int32(7), list(topics)].flat());
  }
  if (kind === '2 v1') {
    at += 4; // who asks
    const found = readTopics(8).map(({ topic, indexes }) => [
      text(topic),
      list(indexes.map((index) => [int32(index), int16(0), int64(-1), int64(logs[topic]?.[index] ?? 0)])),
    ]);
    return Buffer.concat([id, list(found)]);
  }
  const group = readText();
  if (kind === '10 v0') return Buffer.concat([id, int16(0), ...node]);
  const committed = groups[group] ?? {};
  const found = readTopics(0).map(({ topic, indexes }) => [
    text(topic),
    list(indexes.map((index) => [int32(index), int64(committed[topic]?.[index] ?? -1), int16(-1), int16(0)])),
  ]);
  return Buffer.concat([id, list(found)]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
}

function list(entries: Buffer[][]): Buffer {
  return Buffer.concat([int32(entries.length), ...entries.flat()]);
}
