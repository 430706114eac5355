import { resolve } from 'node:path';
import type { Program } from './engine.ts';

/** Reading under here means seeing the host's processes; under `/proc/net`, the host's connections. */
const PROCESSES = '/proc';
const CONNECTIONS = '/proc/net';

/** What a manifest asks for, as far as it changes what a sandbox shows. */
export type Grants = {
  read: string[];
  write: string[];
  network: boolean;
  /** The host's processes can be seen, in /proc. */
  processes: boolean;
  /** Everything may be written: nothing is left to keep it from. */
  everything: boolean;
};

/** The permissions of a manifest as absolute paths and flags; `${config.KEY}` is taken from the configuration. Pure. */
export function grantsOf({ manifest, config, directory }: Pick<Program, 'manifest' | 'config' | 'directory'>): Grants {
  const { read = [], write = [], network = [] } = manifest.permissions ?? {};
  const absolute = (paths: readonly string[]) =>
    paths.flatMap((path) => fill(path, config)).map((path) => resolve(directory, path));
  const reads = absolute(read);
  const writes = absolute(write);
  const either = [...reads, ...writes];
  const sees = (folder: string) =>
    either.some((path) => path === '/' || path === folder || path.startsWith(`${folder}/`));
  return {
    read: reads.filter((path) => !isIn(path, PROCESSES)),
    write: writes,
    network: network.length > 0 || either.some((path) => isIn(path, CONNECTIONS)),
    processes: sees(PROCESSES),
    everything: writes.includes('/'),
  };
}

/** Whether a path is mounted by itself: what lies in another granted folder is there with it. Pure. */
export function besideGranted({ read, write }: Grants): (path: string) => boolean {
  const granted = [...read, ...write];
  return (path) => !granted.some((folder) => folder !== path && isIn(path, folder));
}

/** Whether a path is a folder or lies in it. Pure. */
export function isIn(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}

/** A path, or for `${config.KEY}` alone or as its beginning the value or values of that key. */
function fill(path: string, config: Record<string, unknown>): string[] {
  const [, key, rest = ''] = /^\$\{config\.([^}]+)\}(.*)$/.exec(path) ?? [];
  if (key === undefined) return [path];
  return [config[key]]
    .flat()
    .flatMap((value) => (typeof value === 'string' && value.startsWith('/') ? [value + rest] : []));
}
