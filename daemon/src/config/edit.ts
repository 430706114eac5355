import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { applyEdits, modify } from 'jsonc-parser';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Config } from './config.ts';
import { isPlainObject } from './difference.ts';
import { knownKeys } from './environment.ts';
import { CONFIG_SCHEMA } from './schema.ts';
import { nearest } from './validator.ts';

/** The text of a configuration with one key set (undefined: removed); comments and the rest stay as they are. */
export function setInText(text: string, key: string, value: unknown): string {
  const start = text.trim() === '' ? '{}\n' : text;
  const edits = modify(start, key.split('.'), value, { formattingOptions: { insertSpaces: true, tabSize: 2 } });
  return applyEdits(start, edits);
}

/** Reads the file's text, empty where there is none. */
export function readText(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/**
 * Writes a file as a whole or not at all: beside it, to the disk, then in its place. Keeps the file's mode.
 * @throws SnoozeError SNOOZE_E_CONFIG_UNREADABLE
 */
export function writeWhole(file: string, text: string): void {
  const temporary = `${file}.new`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    const descriptor = openSync(temporary, 'w', existsSync(file) ? statSync(file).mode & 0o777 : 0o640);
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new SnoozeError(
      'SNOOZE_E_CONFIG_UNREADABLE',
      `${file}: the configuration cannot be written: ${messageOf(error)}`,
      {
        hint: 'snoozed edits it as its own user, who must be allowed to write the file and its folder',
        cause: error,
      },
    );
  }
}

/**
 * The value at a dotted key.
 * @throws SnoozeError SNOOZE_E_CONFIG_INVALID for a key that does not exist, with the nearest that does.
 */
export function getByKey(config: Config, key: string): unknown {
  let value: unknown = config;
  for (const part of key.split('.')) {
    if (!isPlainObject(value) || !Object.hasOwn(value, part)) return unsetOrUnknown(key);
    value = value[part];
  }
  return value;
}

/** A key that exists and has no value (an optional one) is null; any other is an error. */
function unsetOrUnknown(key: string): null {
  const known = knownKeys(CONFIG_SCHEMA);
  if (known.includes(key) || key.startsWith('plugins.plugin_configs.') || key.startsWith('events.types.')) return null;
  const meant = nearest(key, known);
  throw new SnoozeError('SNOOZE_E_CONFIG_INVALID', `${key}: there is no such key`, {
    hint: meant === undefined ? 'type: snooze config show' : `did you mean ${meant}?`,
  });
}
