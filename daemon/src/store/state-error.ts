import { messageOf, SnoozeError, systemCodeOf } from '../errors.ts';

/** SQLite's primary result codes (sqlite.org/rescode.html); the upper bytes of an extended code are details. */
const SQLITE_ERROR = 1;
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

const SYSTEM_CAUSES: Record<string, string> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'its file system is read-only',
  EEXIST: 'a file is in its place',
  ENOTDIR: 'a file is in its place',
  ENOENT: 'no folder can be made there',
  ENOSPC: 'the disk is full',
  EDQUOT: "the disk is full: this user's quota is used up",
};
const SQLITE_CAUSES: Record<number, string> = {
  [SQLITE_BUSY]: 'another program keeps it locked',
  [SQLITE_READONLY]: 'it may only be read',
  [SQLITE_FULL]: 'the disk is full',
};

/** One line for whatever keeps the state directory from being used; `place` is the directory or the file in it. */
export function stateError(place: string, cause: unknown): SnoozeError {
  // Our own statements are right: one that fails has met another file than ours.
  if ([SQLITE_ERROR, SQLITE_CORRUPT, SQLITE_NOTADB].includes(sqliteCodeOf(cause) ?? 0)) {
    return new SnoozeError(
      'SNOOZE_E_STATE',
      `${place}: this is no SQLite file, or it is damaged: ${messageOf(cause)}`,
      {
        hint: 'move it away; snoozed begins a new one, without what was in it',
        cause,
      },
    );
  }
  const why = causeOf(cause);
  return new SnoozeError('SNOOZE_E_STATE', `${place}: the state directory cannot be used: ${why}`, {
    hint: /full|I\/O/.test(why)
      ? 'make room on its disk, or name another one with --state-dir'
      : 'look at its owner and mode, or name another one with --state-dir',
    cause,
  });
}

/** Why a file of the state directory cannot be used, in words where they are known, else in the system's. */
export function causeOf(thrown: unknown): string {
  const systemCode = systemCodeOf(thrown);
  const words = SYSTEM_CAUSES[systemCode ?? ''];
  if (words !== undefined) return `${words} (${systemCode})`;
  return SQLITE_CAUSES[sqliteCodeOf(thrown) ?? 0] ?? messageOf(thrown);
}

/** Whether another connection holds what was asked for. */
export function isLocked(thrown: unknown): boolean {
  return sqliteCodeOf(thrown) === SQLITE_BUSY;
}

function sqliteCodeOf(thrown: unknown): number | undefined {
  const code = thrown instanceof Error && 'errcode' in thrown ? thrown.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}
