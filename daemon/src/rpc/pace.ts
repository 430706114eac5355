import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../clock.ts';
import { collectGarbage } from './garbage.ts';
import { limitReading } from './read-limit.ts';
import { MESSAGE_LIMIT_BYTES } from './rpc.ts';

type Reason = 'flood' | 'bytes' | 'requests' | 'unread';
type RequestId = number | string | undefined;

/** Keeps one side from drowning the other: it is read no faster than it can be served. */
export type Pace = {
  /** Counts what has been read of the stream. */
  countRead(bytes: number): void;
  /** Counts a message that nobody has asked for. */
  countUnsolicited(): void;
  /** `length`: of its text. */
  requestBegan(id: RequestId, length: number): void;
  requestEnded(id: RequestId): void;
  /** Looks whether the other side reads what it is sent. */
  afterWrite(): void;
  end(): void;
};

/** So many messages that nobody asked for are read in a second; then the pipe fills up and its writer waits. */
const UNSOLICITED_PER_SECOND = 200;
/** And so many bytes. */
const READ_PER_SECOND_BYTES = MESSAGE_LIMIT_BYTES;
/** A long message costs many times its length until the next garbage collection; V8 does not see how much of it is buffers. */
const UNCOLLECTED_BYTES = MESSAGE_LIMIT_BYTES;
const SECOND_MS = 1_000;
/** Requests of the other side that may be in work at once. */
const OPEN_REQUESTS = 32;
/** And no more once their texts together are as long as this: each is held several times while it is worked on. */
const OPEN_LENGTH = MESSAGE_LIMIT_BYTES;

/** Paces the reading of one stream by what its sender does, and by whether it reads the other one. */
export function createPace(readable: Readable, writable: Writable, clock: Clock): Pace {
  const reasons = new Set<Reason>();
  let unsolicited = 0;
  /** Of those in work, by their ids; a careless side may use one twice. */
  const lengths = new Map<RequestId, number[]>();
  let openRequests = 0;
  let openLength = 0;
  let cancelSecond = () => {};
  /** Whatever time it took: on a busy host a flood comes slower than it is read. */
  let uncollectedBytes = 0;
  const pause = (reason: Reason) => {
    reasons.add(reason);
    readable.pause();
  };
  const resume = (reason: Reason) => {
    if (reasons.delete(reason) && reasons.size === 0) readable.resume();
  };
  const onDrain = () => resume('unread');
  const read = limitReading(
    READ_PER_SECOND_BYTES,
    clock,
    () => pause('bytes'),
    () => resume('bytes'),
  );
  writable.on('drain', onDrain);
  return {
    countRead(bytes) {
      uncollectedBytes += bytes;
      if (uncollectedBytes > UNCOLLECTED_BYTES) {
        uncollectedBytes = 0;
        collectGarbage();
      }
      read.count(bytes);
    },
    countUnsolicited() {
      unsolicited += 1;
      if (unsolicited === 1) {
        cancelSecond = clock.after(SECOND_MS, () => {
          unsolicited = 0;
          resume('flood');
        });
      }
      if (unsolicited === UNSOLICITED_PER_SECOND) pause('flood');
    },
    requestBegan(id, length) {
      lengths.getOrInsertComputed(id, () => []).push(length);
      openRequests += 1;
      openLength += length;
      if (openRequests >= OPEN_REQUESTS || openLength > OPEN_LENGTH) pause('requests');
    },
    requestEnded(id) {
      const [length, ...others] = lengths.get(id) ?? [];
      if (length === undefined) return;
      if (others.length > 0) lengths.set(id, others);
      else lengths.delete(id);
      openLength -= length;
      openRequests -= 1;
      if (openRequests < OPEN_REQUESTS && openLength <= OPEN_LENGTH) resume('requests');
    },
    afterWrite() {
      if (writable.writableLength > MESSAGE_LIMIT_BYTES) pause('unread');
    },
    end() {
      cancelSecond();
      read.end();
      writable.off('drain', onDrain);
    },
  };
}
