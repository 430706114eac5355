import { randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { createValidator } from '../config/validator.ts';
import { messageOf, systemCodeOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RpcConnection } from '../rpc/rpc.ts';
import { PROVE, proofsBeside, type Told } from './prove.ts';

/** Whoever has called a method of the control socket. */
export type Caller = {
  /** Aborts when nobody waits for the answer any more. */
  signal: AbortSignal;
  /** Resolves when the connection has ended. */
  gone: Promise<void>;
  /** Who it is, in words: `alice (sudo, pts/3)`. */
  who(): Promise<string>;
  /** What the history has as the cause of a change: `snooze plugin install by alice`. */
  cause(command: string): Promise<string>;
};

export type Callers = {
  /** Gives who is at the other end; asks once, and only when somebody wants to know. */
  of(connection: RpcConnection): () => Promise<string>;
  close(): void;
};

const TIMEOUT_MS = 2_000;
const ENTERABLE_BY_GROUP_AND_STICKY = 0o1770;
const told = createValidator({
  type: 'object',
  required: ['user', 'sudo_user', 'terminal'],
  properties: {
    user: { type: ['string', 'null'], pattern: '^[\\w.@\\\\-]{1,64}$' },
    sudo_user: { type: ['string', 'null'], pattern: '^[\\w.@\\\\-]{1,64}$' },
    terminal: { type: ['string', 'null'], pattern: '^[\\w/]{1,32}$' },
  },
});

/**
 * Finds out who is at the other end of a connection. Node does not tell a peer's credentials, so the other side is asked
 * to make a folder with a name that only it knows; whom that belongs to is the kernel's word. What else it says about
 * itself is taken where it does not matter, and believed of root, who could write the history as well.
 */
export function callers(socketPath: string, log: Log): Callers {
  const proofs = prepare(proofsBeside(socketPath), log);
  return {
    of(connection) {
      let known: Promise<string> | undefined;
      return () => {
        known ??= ask(connection, proofs);
        return known;
      };
    },
    close() {
      if (proofs !== undefined) remove(proofs);
    },
  };
}

/** The folder for the proofs, which must be the daemon's own; undefined where it cannot be made. */
function prepare(directory: string, log: Log): string | undefined {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    const found = lstatSync(directory, { throwIfNoEntry: false });
    if (systemCodeOf(error) !== 'EEXIST' || !found?.isDirectory() || found.uid !== process.getuid?.()) {
      log.warn({}, `nobody who changes something can be told for sure: ${directory}: ${messageOf(error)}`);
      return undefined;
    }
  }
  chmodSync(directory, ENTERABLE_BY_GROUP_AND_STICKY);
  return directory;
}

async function ask(connection: RpcConnection, proofs: string | undefined): Promise<string> {
  const nonce = randomBytes(16).toString('hex');
  try {
    const answer = await connection.request(PROVE, { nonce }, TIMEOUT_MS);
    if (told(answer).length > 0) return 'an unknown program';
    return nameOf(answer as Told, proofs === undefined ? undefined : ownerOf(join(proofs, nonce)));
  } catch {
    return 'an unknown program'; // it is gone, or does not know the question
  } finally {
    if (proofs !== undefined) remove(join(proofs, nonce));
  }
}

/** Pure but for the names of users. */
function nameOf({ user, sudo_user: sudoUser, terminal }: Told, uid: number | undefined): string {
  const words = (name: string, ...more: string[]) => {
    const all = [...more, ...(terminal === null ? [] : [terminal])];
    return all.length === 0 ? name : `${name} (${all.join(', ')})`;
  };
  if (uid === undefined) return words(sudoUser ?? user ?? 'somebody', 'not proven');
  if (uid === 0 && sudoUser !== null) return words(sudoUser, 'sudo');
  const name = userOf(uid);
  return name === undefined ? words(user ?? 'somebody', `uid ${uid}`) : words(name);
}

function ownerOf(proof: string): number | undefined {
  const found = lstatSync(proof, { throwIfNoEntry: false });
  return found?.isDirectory() ? found.uid : undefined;
}

function remove(proof: string): void {
  try {
    rmdirSync(proof);
  } catch {
    // it is not there, or something was put into it; nobody looks at it again
  }
}

function userOf(uid: number): string | undefined {
  try {
    const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
    return lines.map((line) => line.split(':')).find(([, , id]) => id === String(uid))?.[0];
  } catch {
    return undefined; // a system without that file
  }
}
