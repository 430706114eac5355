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

/** A conversation with the plugin `tortoise`: protocol/vectors/transcripts.json. */
export type Transcript = {
  name: string;
  requirement: string;
  /** Messages, or lines as they stand. */
  send: (object | string)[];
  expect: { id: number | null; result?: unknown; error?: unknown }[];
  /** The plugin ends by itself: stdin stays open. */
  leaveOpen?: boolean;
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
