import { Buffer } from 'node:buffer';
import { type Framing, MESSAGE_LIMIT_BYTES, type WireFault } from './rpc.ts';

/** Takes bytes as they come and calls back for each whole message. Never holds more than one message's limit. */
export type Decoder = { push(chunk: Buffer): void };

export type DecoderOptions = {
  limitBytes?: number;
  /** `length`: characters of its text. */
  onMessage: (message: object, length: number) => void;
  onFault: (fault: WireFault) => void;
};

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const OPENING_BRACE = '{';
const MOST_PIECES = 64;
const EXCERPT_CHARACTERS = 120;
/** A header block longer than this is no header block. */
const HEADER_LIMIT_BYTES = 4096;
/** A megabyte of brackets would become a hundred of objects; nobody's answer is nested like that. */
const DEEPEST = 500;

/** A decoder for one framing (PROTOCOL.md, Transport). What is not a message is a fault, and the stream goes on. */
export function createDecoder(framing: Framing, options: DecoderOptions): Decoder {
  const limitBytes = options.limitBytes ?? MESSAGE_LIMIT_BYTES;
  const take = (bytes: Buffer) => takeMessage(bytes.toString('utf8'), options);
  const refuse = (size: string) =>
    options.onFault({ kind: 'too-large', message: `a message of ${size} bytes, at most ${limitBytes} are possible` });
  return framing === 'lines'
    ? lineDecoder(limitBytes, take, refuse)
    : headerDecoder(limitBytes, { take, refuse, ...options });
}

/** One message as bytes on the wire. */
export function encodeMessage(framing: Framing, message: unknown): Buffer {
  const json = JSON.stringify(message);
  if (framing === 'lines') return Buffer.from(`${json}\n`);
  const body = Buffer.from(json);
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}

/** A text as it is shown in a message: quoted, and cut where it is long. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > EXCERPT_CHARACTERS ? `${text.slice(0, EXCERPT_CHARACTERS)}…` : text);
}

function lineDecoder(limitBytes: number, take: (bytes: Buffer) => void, refuse: (size: string) => void): Decoder {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let skipping = false;
  const skip = () => {
    skipping = true;
    held = [];
    refuse(`more than ${limitBytes}`);
  };
  const add = (piece: Buffer) => {
    if (skipping || piece.length === 0) return;
    heldBytes += piece.length;
    held.push(piece);
    // One byte more may be the carriage return, which is no part of the message.
    if (heldBytes > limitBytes + 1) skip();
    // A program that flushes each byte must not cost a Buffer for each of them.
    else if (held.length >= MOST_PIECES) held = [Buffer.concat(held)];
  };
  const finish = () => {
    const line = held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held);
    const isTooLong = heldBytes > limitBytes && line.at(-1) !== CARRIAGE_RETURN;
    if (!skipping && isTooLong) skip();
    if (!skipping) take(line);
    held = [];
    heldBytes = 0;
    skipping = false;
  };
  return {
    push(chunk) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        add(chunk.subarray(start, end));
        finish();
        start = end + 1;
      }
      // What is kept must not keep the whole chunk; what is skipped is not copied.
      if (start < chunk.length && !skipping) add(start === 0 ? chunk : Buffer.from(chunk.subarray(start)));
    },
  };
}

type HeaderHooks = Pick<DecoderOptions, 'onFault'> & { take: (bytes: Buffer) => void; refuse: (size: string) => void };

function headerDecoder(limitBytes: number, { take, refuse, onFault }: HeaderHooks): Decoder {
  let header = Buffer.alloc(0);
  let body: Buffer[] = [];
  let missing = 0;
  let kept = true;

  const readHeader = (chunk: Buffer): Buffer => {
    header = Buffer.concat([header, chunk]);
    const end = header.indexOf('\r\n\r\n');
    if (end < 0) {
      if (header.length > HEADER_LIMIT_BYTES) {
        onFault({ kind: 'junk', message: `no Content-Length in ${excerpt(header.toString('utf8'))}` });
        header = Buffer.from(header.subarray(-3));
      }
      return Buffer.alloc(0);
    }
    const rest = header.subarray(end + 4);
    const length = /(?:^|\n)content-length:[ \t]*(\d+)[ \t]*\r?$/im.exec(header.toString('latin1', 0, end))?.[1];
    if (length === undefined)
      onFault({ kind: 'junk', message: `no Content-Length in ${excerpt(header.toString('utf8', 0, end))}` });
    else {
      missing = Number(length);
      kept = missing <= limitBytes;
      if (!kept) refuse(length);
    }
    header = Buffer.alloc(0);
    return Buffer.from(rest);
  };

  const readBody = (chunk: Buffer): Buffer => {
    const part = chunk.subarray(0, missing);
    missing -= part.length;
    if (kept) body.push(Buffer.from(part));
    if (missing === 0) {
      if (kept) take(Buffer.concat(body));
      body = [];
    }
    return chunk.subarray(part.length);
  };

  return {
    push(chunk) {
      let rest = chunk;
      while (rest.length > 0) rest = missing > 0 ? readBody(rest) : readHeader(rest);
    },
  };
}

function takeMessage(text: string, { onMessage, onFault }: DecoderOptions): void {
  const trimmed = text.trim();
  if (trimmed === '') return;
  if (isTooDeep(trimmed)) {
    onFault({ kind: 'junk', message: `more than ${DEEPEST} levels of brackets: ${excerpt(trimmed)}` });
    return;
  }
  let message: object | undefined;
  try {
    // Only an object can be one, and a parser that throws for each line of a flood costs ten times as much as a look.
    if (trimmed.startsWith(OPENING_BRACE)) message = JSON.parse(trimmed) as object;
  } catch {
    // told below
  }
  if (message === undefined) onFault({ kind: 'junk', message: `not a message: ${excerpt(trimmed)}` });
  else onMessage(message, trimmed.length);
}

/** Whether brackets outside of strings are nested too deep; a short text cannot be. */
function isTooDeep(text: string): boolean {
  if (text.length <= DEEPEST) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth > DEEPEST) return true;
  }
  return false;
}

/** Where the string that begins at `start` ends, or the text, where it does not. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let before = quote - 1;
    while (text[before] === '\\') before -= 1;
    if ((quote - before) % 2 === 1) return quote;
  }
  return text.length;
}
