import { existsSync } from 'node:fs';
import type { Log } from '../../log.ts';
import type { Kept, Program } from './engine.ts';
import { grantsOf, isIn } from './granted-paths.ts';
import { DEFAULT_PROCESSES, limitsOf } from './limits.ts';

/** A text of a plugin is looked at so far: it may be a flood. */
const HEARD_CHARACTERS = 256 * 1024;

/** Absolute paths; programs name the one that they mean last. */
const PATH = /(?<![\w.:/])\/[\w@%+=.,/-]*\w/g;
const NETWORK = /network is unreachable|connection refused|ENETUNREACH|ECONNREFUSED|EAI_AGAIN|name resolution/i;
const NO_WRITE = /read-only file system|EROFS|(cannot|can't) create/i;
const NO_FILE = /no such file or directory|permission denied|cannot open|can't open|ENOENT|EACCES/i;
const NO_MEMORY = /MemoryError|out of memory|cannot allocate memory|ENOMEM|allocation failed|bad_alloc/i;
const NO_PROCESS = /resource temporarily unavailable|can't start new thread|cannot fork|EAGAIN/i;

/** "Authentication failure" alone may be a database's. */
const NO_RIGHTS =
  /operation not permitted|EPERM|setuid (root|bit)|no new privileges|effective uid is not 0|\bsu: (authentication failure|permission denied|cannot set)/i;
/** Always there to be read, in a /proc of its own. */
const SETTINGS = '/proc/sys';

const MOST_PATHS = 10;
/** A plugin that lives for one call would say it with each; what was lacked, by plugin, instance and permission. */
const said = new Map<string, Set<string>>();

/** Tells once for each permission, and each path, that a plugin seems to miss, from what it says about its failures. */
export type Refusals = {
  /** Takes what it has said, in any pieces. */
  heard(text: string): void;
  /** It was ended because of its memory. */
  memory(): void;
  /** It was refused a process. */
  tasks(): void;
};

/** What is enforced: what is not cannot be the reason. */
export type Enforced = { keeps: ReadonlySet<Kept>; isLimited: boolean };

export function createRefusals(program: Program, { keeps, isLimited }: Enforced, log: Log): Refusals {
  const { instance, manifest, directory, stateDirectory } = program;
  const grants = grantsOf(program);
  let heardCharacters = 0;
  /** A line that has not ended yet: programs write one in pieces. */
  let partial = '';
  const say = (key: string, message: string, what = '') => {
    const told = said.getOrInsertComputed([directory, instance, key].join('\n'), () => new Set<string>());
    if (told.has(what) || told.size >= MOST_PATHS) return;
    told.add(what);
    log.warn({ plugin: instance }, told.size < MOST_PATHS ? message : `${message} (no more of them are told)`);
  };
  const lacks = (what: string, key: string) =>
    say(key, `${instance} asked for ${what}; its manifest does not grant ${key}`, what);
  const limits = limitsOf(manifest);
  const memoryMb = limits.memoryBytes / (1024 * 1024);
  const processes = manifest.resources?.processes ?? DEFAULT_PROCESSES;
  const hear = (line: string) => {
    if (keeps.has('network') && !grants.network && NETWORK.test(line)) lacks('the network', 'permissions.network');
    if (keeps.has('files')) {
      const path = line.match(PATH)?.at(-1) ?? '';
      const mayRead = [...grants.read, ...grants.write, directory, stateDirectory].some((each) => isIn(path, each));
      const isSetting = NO_FILE.test(line) && isIn(path, SETTINGS) && existsSync(path);
      if (NO_WRITE.test(line) || isSetting) lacks(`writing to ${path || 'a file'}`, 'permissions.write');
      else if (path !== '' && NO_FILE.test(line) && !mayRead && existsSync(path)) lacks(path, 'permissions.read');
    }
    if (keeps.has('privileges') && NO_RIGHTS.test(line))
      say(
        'privileges',
        `${instance} asked for rights that it was not started with (${line.trim().slice(0, 100)}); no permission of a manifest would allow it`,
      );
    if (isLimited && NO_MEMORY.test(line)) refusals.memory();
    if (isLimited && NO_PROCESS.test(line)) refusals.tasks();
  };
  const refusals: Refusals = {
    memory: () =>
      say(
        'memory',
        `${instance} seems to need more than the ${memoryMb} MB that resources.memory_mb of its manifest gives it`,
      ),
    tasks: () =>
      say(
        'tasks',
        `${instance} seems to need more than the ${limits.tasks} processes and threads that resources.processes (${processes}) of its manifest gives it`,
      ),
    heard(text) {
      if (heardCharacters > HEARD_CHARACTERS) return;
      heardCharacters += text.length;
      const lines = (partial + text).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) hear(line);
    },
  };
  return refusals;
}
