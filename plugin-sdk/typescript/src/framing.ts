import type { Message } from './protocol.ts';

/** A message larger than this is refused, in either direction. */
export const MESSAGE_LIMIT_BYTES = 1024 * 1024;
const HEADER_LIMIT_BYTES = 8 * 1024;
const NEWLINE = 10;

/** What bytes turned out to be. */
export type Found = { message: Message } | { fault: 'junk' | 'too-large'; text: string };

/** Cuts bytes into messages, in whatever pieces they come. */
export type Decoder = {
  push(bytes: Buffer): Found[];
  /** What stood in the last line: typed by hand it may have no newline. */
  end(): Found[];
};

export type Framing = 'lines' | 'headers';

/** Framing `lines`; of a line that is too large nothing is kept. */
export function decodeLines(): Decoder {
  let held: Buffer[] = [];
  let size = 0;
  const hold = (piece: Buffer) => {
    size += piece.length;
    if (size > MESSAGE_LIMIT_BYTES) held = [];
    else held.push(piece);
  };
  const finish = (): Found[] => {
    const line = Buffer.concat(held).toString('utf8');
    const found = size > MESSAGE_LIMIT_BYTES ? [tooLarge] : line.trim() === '' ? [] : [parse(line)];
    held = [];
    size = 0;
    return found;
  };
  return {
    push(bytes) {
      const found: Found[] = [];
      let from = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
        hold(bytes.subarray(from, end));
        found.push(...finish());
        from = end + 1;
      }
      hold(bytes.subarray(from));
      return found;
    },
    end: finish,
  };
}

/** Framing `headers`, as the Language Server Protocol has it. */
export function decodeHeaders(): Decoder {
  let held = Buffer.alloc(0);
  let wanted: number | undefined;
  let skipping = 0;
  const cut = (count: number) => {
    const piece = held.subarray(0, count);
    held = held.subarray(piece.length);
    return piece;
  };
  /** One step further; nothing where more bytes are needed. */
  const step = (): Found[] | undefined => {
    if (skipping > 0) {
      skipping -= cut(skipping).length;
      return skipping > 0 ? undefined : [tooLarge];
    }
    if (wanted !== undefined) {
      if (held.length < wanted) return undefined;
      const body = cut(wanted).toString('utf8');
      wanted = undefined;
      return [parse(body)];
    }
    const end = held.indexOf('\r\n\r\n');
    if (end < 0) {
      if (held.length <= HEADER_LIMIT_BYTES) return undefined;
      cut(held.length);
      return [{ fault: 'junk', text: 'headers without an end' }];
    }
    const length = /^content-length:\s*(\d+)\s*$/im.exec(cut(end + 4).toString('latin1'))?.[1];
    if (length === undefined) return [{ fault: 'junk', text: 'headers without a Content-Length' }];
    if (Number(length) > MESSAGE_LIMIT_BYTES) skipping = Number(length);
    else wanted = Number(length);
    return [];
  };
  return {
    push(bytes) {
      held = Buffer.concat([held, bytes]);
      const found: Found[] = [];
      for (let more = step(); more; more = step()) found.push(...more);
      return found;
    },
    end: () => [],
  };
}

/** Whichever framing the first line is in; `framing()` says which, once that is known. */
export function decodeAsSpoken(): Decoder & { framing(): Framing } {
  let held = Buffer.alloc(0);
  let decoder: Decoder | undefined;
  let framing: Framing = 'lines';
  const decide = () => {
    framing = /^\s*content-/i.test(held.toString('latin1', 0, 64)) ? 'headers' : 'lines';
    decoder = framing === 'headers' ? decodeHeaders() : decodeLines();
    return { decoder, found: decoder.push(held) };
  };
  return {
    push(bytes) {
      if (decoder) return decoder.push(bytes);
      held = Buffer.concat([held, bytes]);
      const first = held.toString('latin1', 0, HEADER_LIMIT_BYTES).trimStart();
      return first.includes('\n') || held.length >= HEADER_LIMIT_BYTES ? decide().found : [];
    },
    end() {
      if (decoder) return decoder.end();
      const decided = decide();
      return [...decided.found, ...decided.decoder.end()];
    },
    framing: () => framing,
  };
}

/** A message as it goes over the wire. @throws RangeError where it is too large. */
export function encode(message: object, framing: Framing): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  if (body.length > MESSAGE_LIMIT_BYTES)
    throw new RangeError(`the message has ${body.length} bytes, at most ${MESSAGE_LIMIT_BYTES} go`);
  return framing === 'lines'
    ? Buffer.concat([body, Buffer.from('\n')])
    : Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}

const tooLarge: Found = { fault: 'too-large', text: 'a message of more than 1 MiB' };

function parse(text: string): Found {
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message === 'object' && message !== null && !Array.isArray(message)) return { message };
    return { fault: 'junk', text: 'a message is a JSON object' };
  } catch (error) {
    return { fault: 'junk', text: error instanceof Error ? error.message : String(error) };
  }
}
