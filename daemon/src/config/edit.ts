import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { applyEdits, type FormattingOptions, modify } from 'jsonc-parser';
import { messageOf, SnoozeError, systemCodeOf } from '../errors.ts';
import type { Config } from './config.ts';
import { knownKeys } from './environment.ts';
import { parseDocument, withoutByteOrderMark } from './jsonc.ts';
import { pathOfKey, typeKey, valueAt } from './keys.ts';
import { CONFIG_SCHEMA } from './schema.ts';
import { nearest } from './validator.ts';

/** A new file is its owner's to write and its group's to read: it may hold secrets of plugins. */
const NEW_FILE_MODE = 0o640;

/**
 * The text of a configuration with one key set (undefined: removed); comments and the rest stay as they are.
 * @throws SnoozeError SNOOZE_E_CONFIG_INVALID where the text as it is cannot be edited.
 */
export function setInText(text: string, key: string, value: unknown): string {
  const known = withoutByteOrderMark(text);
  const mark = text.slice(0, text.length - known.length);
  const start = known.trim() === '' ? '{}\n' : known;
  const parsed = parseDocument(start);
  if ('fault' in parsed) {
    throw uneditable(key, `the file is not valid as it is: ${parsed.fault.place}: ${parsed.fault.message}`);
  }
  const { value: before } = parsed.document;
  if (value === undefined && valueAt(before, key) === undefined) return text;
  try {
    const path = pathOfKey(before, key, value);
    return mark + applyEdits(start, modify(start, path, value, { formattingOptions: formatOf(start) }));
  } catch (error) {
    throw uneditable(key, 'the file has no section there that could hold it', error);
  }
}

/**
 * Reads the file's text, empty where there is none.
 * @throws SnoozeError SNOOZE_E_CONFIG_UNREADABLE
 */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return '';
    const hint = 'snoozed reads it as its own user, who must be allowed to read the file';
    throw new SnoozeError(
      'SNOOZE_E_CONFIG_UNREADABLE',
      `${file}: the configuration cannot be read: ${messageOf(error)}`,
      { hint, cause: error },
    );
  }
}

/**
 * Writes a file as a whole or not at all: beside it, to the disk, then in its place. Keeps the file's mode, and its
 * owner where this user may give files away; a link to the file stays a link.
 * @throws SnoozeError SNOOZE_E_CONFIG_UNREADABLE
 */
export function writeWhole(file: string, text: string): void {
  let temporary: string | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    const before = statSync(file, { throwIfNoEntry: false });
    const target = before === undefined ? file : realpathSync(file);
    temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
    writeFileSync(temporary, text, { flag: 'wx', flush: true, mode: NEW_FILE_MODE });
    if (before !== undefined) {
      keepOwner(temporary, before);
      chmodSync(temporary, before.mode & 0o777);
    }
    renameSync(temporary, target);
    syncFolder(dirname(target));
  } catch (error) {
    if (temporary !== undefined) rmSync(temporary, { force: true });
    const hint = 'snoozed edits it as its own user, who must be allowed to write the file and its folder';
    throw new SnoozeError(
      'SNOOZE_E_CONFIG_UNREADABLE',
      `${file}: the configuration cannot be written: ${messageOf(error)}`,
      { hint, cause: error },
    );
  }
}

/**
 * The value at a dotted key; null for a key that exists and has none.
 * @throws SnoozeError SNOOZE_E_CONFIG_INVALID for a key that does not exist, with the nearest that does.
 */
export function getByKey(config: Config, key: string): unknown {
  const value = valueAt(config, key);
  if (value !== undefined) return value;
  const known = knownKeys(CONFIG_SCHEMA);
  if (known.includes(key) || /^(plugins\.plugin_configs|events\.types)\./.test(key)) return null;
  const meant = typeKey(key) ?? nearest(key, known);
  throw new SnoozeError('SNOOZE_E_CONFIG_INVALID', `${key}: there is no such key`, {
    hint: meant === undefined ? 'type: snooze config show' : `did you mean ${meant}?`,
  });
}

function uneditable(key: string, why: string, cause?: unknown): SnoozeError {
  return new SnoozeError('SNOOZE_E_CONFIG_INVALID', `${key}: it cannot be set: ${why}`, {
    hint: 'type: snooze config validate',
    cause,
  });
}

/** What is added looks like what is there: indented as the file's first indented key, and with its ends of lines. */
function formatOf(text: string): FormattingOptions {
  const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';
  return {
    insertSpaces: !indent.startsWith('\t'),
    tabSize: indent.startsWith('\t') ? 2 : indent.length,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
}

function keepOwner(file: string, { uid, gid }: { uid: number; gid: number }): void {
  try {
    chownSync(file, uid, gid);
  } catch {
    // only root may give a file away; it is this user's then
  }
}

/** So that the new name is on the disk, too. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
