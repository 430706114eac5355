import { readFileSync } from 'node:fs';

type Piece = string | { repeat: string; times: number } | { base64: string };

/** How a stream is cut into messages: protocol/vectors/{lines,headers}.json. */
export type WireVector = {
  name: string;
  requirement: string;
  kind: 'legal' | 'lenient' | 'illegal';
  chunks: Piece[];
  expect: ({ message: unknown } | { fault: string } | { bytes: number })[];
};

/** What an answer means: protocol/vectors/answers.json. */
export type AnswerVector = {
  name: string;
  requirement: string;
  message: object;
  meaning: { result: unknown } | { error: string; code?: number };
};

type Sent = { id?: number } | { repeat: string; times: number } | { message: Padded; pad: number };
type Padded = { id: number; params: object };

/** A conversation of a host with the plugin `tortoise`: protocol/vectors/transcripts.json. */
export type Transcript = {
  name: string;
  requirement: string;
  /** Messages, or lines as they stand; a pad is so many characters in the message's params. */
  send: (Sent | string)[];
  expect: { id: number | null; result?: unknown; error?: { code?: number; message?: string } }[];
  /** The host's answers to the plugin's own requests, by method. */
  host?: Record<string, { result: unknown } | { error: { code: number; message: string } }>;
  /** What the plugin asks and tells, in this order. */
  calls?: { method: string; params: unknown }[];
  /** How many answers there are in all. */
  answers?: number;
  /** The plugin ends by itself: stdin stays open. */
  leaveOpen?: boolean;
};

/** A conversation of a plugin that asks with its host: protocol/vectors/host.json. */
export type HostVector = {
  name: string;
  requirement: string;
  permitted: string[];
  /** `waits`: its answer comes later, or never. */
  send: {
    jsonrpc?: string;
    id?: number | string;
    method: string;
    params?: Record<string, unknown>;
    waits?: boolean;
  }[];
  expect: { id: number | string; result?: object; error?: { code?: number } }[];
};

/** Reads one file of vectors. */
export function readVectors<Vector>(file: string): Vector[] {
  const text = readFileSync(new URL(`../protocol/vectors/${file}.json`, import.meta.url), 'utf8');
  return (JSON.parse(text) as { vectors: Vector[] }).vectors;
}

/** The bytes that a piece stands for. */
export function bytesOf(piece: Piece): Buffer {
  if (typeof piece === 'string') return Buffer.from(piece);
  return 'base64' in piece ? Buffer.from(piece.base64, 'base64') : Buffer.alloc(piece.times, piece.repeat);
}

/** What a transcript sends, as the text of one message. */
export function textOf(sent: Transcript['send'][number]): string {
  if (typeof sent === 'string') return sent;
  if ('repeat' in sent) return sent.repeat.repeat(sent.times);
  if (!('message' in sent)) return JSON.stringify(sent);
  return JSON.stringify({ ...sent.message, params: { ...sent.message.params, padding: 'x'.repeat(sent.pad) } });
}

/** The id of what a transcript sends, where an answer is due. */
export function idOf(sent: Transcript['send'][number]): number | undefined {
  if (typeof sent === 'string') return undefined;
  if ('message' in sent) return sent.message.id;
  return 'method' in sent && 'id' in sent ? sent.id : undefined;
}
