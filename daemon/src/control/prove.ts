import { mkdirSync, readlinkSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** What the daemon asks a client before it changes something: to make a folder of this name, and to say who it is. */
export const PROVE = 'Caller.Prove';

/** What a client says about the person behind it. */
export type Told = {
  user: string | null;
  /** Who has typed sudo. */
  sudo_user: string | null;
  /** `pts/3`. */
  terminal: string | null;
};

/** Where the folders are made: always beside the socket that the client knows, so that no other program can ask for one. */
export function proofsBeside(socketPath: string): string {
  return `${socketPath}.callers`;
}

/** The client's answer: makes the folder, where it can. @throws Error where the name is none of the daemon's. */
export function prove(socketPath: string, params: unknown): Told {
  const nonce = typeof params === 'object' && params !== null && 'nonce' in params ? params.nonce : undefined;
  if (typeof nonce !== 'string' || !/^[0-9a-f]{32}$/.test(nonce)) throw new Error('expected a nonce of 32 hex digits');
  try {
    mkdirSync(join(proofsBeside(socketPath), nonce), { mode: 0o700 });
  } catch {
    // the daemon then says that it is not proven
  }
  return { user: userName(), sudo_user: process.env['SUDO_USER'] ?? null, terminal: terminalName() };
}

function userName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null; // a user without a name
  }
}

function terminalName(): string | null {
  if (!process.stdin.isTTY) return null;
  try {
    return readlinkSync('/proc/self/fd/0').replace(/^\/dev\//, '');
  } catch {
    return null;
  }
}
