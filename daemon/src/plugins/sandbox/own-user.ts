import { createHash } from 'node:crypto';
import { lchownSync } from 'node:fs';
import type { Manifest } from '../manifest/manifest.ts';
import type { Program } from './engine.ts';

/** Ids that no system gives out: systemd's table of them (UIDS-GIDS.md) calls 0x70000000 to 0x7fffffff unused. */
const FIRST_UID = 0x70000000;
const UIDS = 0x0fffffff;

/**
 * Whether root starts a plugin as a user of its own: the kernel holds root to no number of processes. Not one that is
 * granted files: they may be open to root alone, and what listens behind a socket asks who calls. Pure.
 */
export function hasOwnUser({ permissions: { read = [], write = [] } = {} }: Manifest): boolean {
  return read.length + write.length === 0;
}

/** The id of an instance's own user: always the same, because files belong to it. Pure. */
export function ownUid(stateDirectory: string): number {
  return FIRST_UID + (createHash('sha256').update(stateDirectory).digest().readUInt32BE() % UIDS);
}

/** Gives its state folder to a plugin's own user, and gives what setpriv needs to become that one. */
export function becomeOwnUser({ stateDirectory }: Program, keeps: string): string[] {
  const uid = ownUid(stateDirectory);
  lchownSync(stateDirectory, uid, uid);
  return becoming(uid, keeps);
}

/** Arguments of setpriv; `keeps` is the one capability that is left, for files that root keeps from everybody. Pure. */
export function becoming(uid: number, keeps: string): string[] {
  return [
    ...[`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs', '--pdeathsig', 'KILL'],
    ...[`--inh-caps=-all,+${keeps}`, `--ambient-caps=-all,+${keeps}`, '--'],
  ];
}
