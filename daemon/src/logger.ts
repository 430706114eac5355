import { writeSync } from 'node:fs';
import { styleText } from 'node:util';
import { pino } from 'pino';
import type { LogFormat, LogLevel } from './config/config.ts';
import { systemCodeOf } from './errors.ts';
import type { Log } from './log.ts';

/** The daemon's own log; its level can change while it runs. */
export type Logger = Log & { setLevel(level: LogLevel): void };

const STDOUT = 1;
const STYLES = { 20: 'dim', 30: 'reset', 40: 'yellow', 50: 'red' } as const;
/** Part of a sentence may be a plugin's: it begins no line of its own and writes to nobody's terminal. */
const CONTROL = /[\p{Cc}\p{Bidi_Control}]+/gu;
const MARKS: Record<number, string> = { 10: '.', 20: '.', 30: ' ', 40: '!', 50: '✗' };

/** A logger on standard output: for people on a terminal, one JSON object a line elsewhere (`auto`). */
export function createLogger(level: LogLevel, format: LogFormat): Logger {
  const readable = format === 'text' || (format === 'auto' && process.stdout.isTTY === true);
  const write = (line: string) => writeWhole(readable ? readableLine(line, process.stdout.isTTY === true) : line);
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write });
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    setLevel(next) {
      logger.level = next;
    },
  };
}

/** One of pino's JSON lines as a person reads it: local time, a mark where it matters, the sentence. */
export function readableLine(json: string, colour: boolean): string {
  const { time, level, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const clockTime = new Date(String(time)).toTimeString().slice(0, 8);
  const plugin = typeof fields['plugin'] === 'string' ? `${fields['plugin']}: ` : '';
  const text = `${clockTime} ${MARKS[Number(level)] ?? ' '} ${plugin}${String(msg).replaceAll(CONTROL, ' ')}`;
  const style = STYLES[Number(level) as keyof typeof STYLES];
  return `${colour && style !== undefined && style !== 'reset' ? styleText(style, text, { validateStream: false }) : text}\n`;
}

/** Standard output may be a full pipe (EAGAIN: the line is let go, a log never stops the daemon) or gone (EPIPE). */
function writeWhole(line: string): void {
  try {
    writeSync(STDOUT, line);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code !== 'EAGAIN' && code !== 'EPIPE' && code !== 'EIO') throw error;
  }
}
