import type { Readable } from 'node:stream';
import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import { limitReading } from '../../rpc/read-limit.ts';
import { limitLines, type SaidLog } from './line-limit.ts';

const LONGEST_LINE_CHARACTERS = 2_000;
const KEPT_LINES = 5;
/** A short line costs many times its length until the next garbage collection. */
const READ_PER_SECOND_BYTES = 128 * 1024;

/** Syslog's levels (sd-daemon(3)) as ours. */
const SYSLOG_LEVELS: readonly LogLevel[] = ['error', 'error', 'error', 'error', 'warn', 'info', 'info', 'debug'];

type LogLevel = keyof Log;

/**
 * A plugin's log: each line of its stderr goes to ours with its level; the last few are kept for error messages. Who
 * writes too fast waits, until `readOn` says that it has ended.
 */
export function followStderr(
  stream: Readable,
  { log, clock, instance }: { log: SaidLog; clock: Clock; instance: string },
): { lastLines(): string[]; readOn(): void } {
  const say = limitLines(log, clock, instance);
  const last: string[] = [];
  let partial = '';
  let hasEnded = false;
  const take = (line: string) => {
    if (line.trim() === '') return;
    last.push(line.slice(0, 300));
    if (last.length > KEPT_LINES) last.shift();
    const { level, message } = parseLogLine(line);
    say(level, {}, message);
  };
  const limit = limitReading(
    READ_PER_SECOND_BYTES,
    clock,
    () => hasEnded || stream.pause(),
    () => stream.resume(),
  );
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    limit.count(Buffer.byteLength(chunk));
    const pieces = (partial + chunk).split('\n');
    partial = (pieces.pop() ?? '').slice(0, LONGEST_LINE_CHARACTERS);
    for (const piece of pieces) take(piece.slice(0, LONGEST_LINE_CHARACTERS));
  });
  stream.on('end', () => take(partial));
  stream.on('close', limit.end);
  stream.on('error', () => {}); // its end is the process's end
  return {
    lastLines: () => [...last],
    readOn() {
      hasEnded = true;
      stream.resume();
    },
  };
}

/** A line's level: a JSON object with `level` and `message`, a syslog prefix `<N>`, or `info` (PROTOCOL.md). Pure. */
export function parseLogLine(line: string): { level: LogLevel; message: string } {
  const prefixed = /^<([0-7])>(.*)$/s.exec(line);
  if (prefixed) return { level: SYSLOG_LEVELS[Number(prefixed[1])] ?? 'info', message: prefixed[2] ?? '' };
  if (line.startsWith('{')) {
    try {
      const { level, message } = JSON.parse(line) as Record<string, unknown>;
      if (typeof level === 'string' && typeof message === 'string') return { level: levelNamed(level), message };
    } catch {
      // a line that only looks like JSON
    }
  }
  return { level: 'info', message: line };
}

/** The nearest of our levels: people also write WARNING, critical, trace. */
export function levelNamed(name: string): LogLevel {
  const lower = name.toLowerCase();
  if (lower.startsWith('warn')) return 'warn';
  if (/^(err|crit|fatal|alert|emerg)/.test(lower)) return 'error';
  return lower === 'debug' || lower === 'trace' ? 'debug' : 'info';
}
