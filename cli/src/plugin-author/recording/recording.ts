import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, SnoozeError, systemCodeOf } from '@cloudsnooze/daemon/errors';
import type { Exchange } from '../session.ts';

/** What a plugin said once, to be asked again later. */
export type Recording = {
  plugin: string;
  version: string;
  config: Record<string, unknown>;
  exchanges: Pick<Exchange, 'method' | 'params' | 'answer'>[];
};

/** Not asked again: the start is made anew, and a padded message would fill the file. */
const LEFT_OUT = new Set(['Initialize', 'Info', 'Configure', 'GetSupportedEvents', 'NoSuchMethod', 'Shutdown']);

/** One that no host sends, and that was only to be survived. */
function isSenseless(method: string, params: unknown): boolean {
  return ['CheckIdle', 'HandleEvent'].includes(method) && Object.keys(params as object).length === 0;
}

/**
 * Looks whether a recording could be written there, before the plugin is tried for some seconds.
 * @throws SnoozeError SNOOZE_E_COMMAND
 */
export function checkRecordable(file: string): void {
  try {
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

/**
 * Writes a recording as JSON that can be read, and kept beside the plugin.
 * @throws SnoozeError SNOOZE_E_COMMAND
 */
export function writeRecording(file: string, { exchanges, ...about }: Recording): void {
  const kept = exchanges
    .filter(({ method, params }) => !LEFT_OUT.has(method) && !isSenseless(method, params))
    .map(({ method, params, answer }) => ({ method, params, answer }));
  try {
    writeFileSync(file, `${JSON.stringify({ ...about, exchanges: kept }, null, 2)}\n`);
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

/** @throws SnoozeError SNOOZE_E_COMMAND where it is none. */
export function readRecording(file: string): Recording {
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const isGone = systemCodeOf(error) === 'ENOENT';
    throw notOne(file, isGone ? 'there is no such file' : messageOf(error), error);
  }
  const { exchanges, config } = (typeof found === 'object' && found !== null ? found : {}) as Partial<Recording>;
  if (!Array.isArray(exchanges) || typeof config !== 'object' || config === null) {
    throw notOne(file, 'expected an object with `config` and `exchanges`');
  }
  return found as Recording;
}

/** The answers that decide something, by what decides: a reason may have a number in it that is another one today. */
const DECISIVE = ['is_idle', 'handled', 'allow', 'status'];

/** How an answer differs from the recorded one in what it decides, or null. */
export function differenceOf(then: Exchange['answer'], now: Exchange['answer']): string | null {
  const before = decisionOf(then);
  const after = decisionOf(now);
  return before === after ? null : `it was ${before}, and is ${after}: ${JSON.stringify(now)}`;
}

function decisionOf(answer: Exchange['answer']): string {
  if ('error' in answer) return 'an error';
  const result = (answer.result ?? {}) as Record<string, unknown>;
  const decided = DECISIVE.filter((name) => name in result).map((name) => `${name} ${JSON.stringify(result[name])}`);
  return decided.join(', ') || 'an answer';
}

function cannotWrite(file: string, cause: unknown): SnoozeError {
  const message = `${file}: the recording cannot be written: ${messageOf(cause)}`;
  return new SnoozeError('SNOOZE_E_COMMAND', message, { cause });
}

function notOne(file: string, why: string, cause?: unknown): SnoozeError {
  const hint = 'make one: snooze plugin test FOLDER --record FILE';
  return new SnoozeError('SNOOZE_E_COMMAND', `${file}: it is no recording of a plugin: ${why}`, { hint, cause });
}
