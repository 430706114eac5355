import { accessSync, closeSync, constants, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, join, resolve } from 'node:path';

export type FoundProgram = {
  /** Absolute, as it was named: a link stays a link, because programs look at their own name. */
  path: string;
  /** The program, its links and its interpreter: the folders that they need to be seen. */
  folders: string[];
};

/**
 * Finds a plugin's program as a shell would, and where it and its interpreter live.
 * @throws Error with the reason, in words.
 */
export function findProgram(command: string, directory: string, path: string): FoundProgram {
  const found = command.includes('/') ? resolve(directory, command) : findOnPath(command, path);
  if (found === undefined) throw new Error(`there is no program ${command} on the PATH`);
  try {
    if (!statSync(found).isFile()) throw new Error('it is not a file');
    accessSync(found, constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new Error('there is no such file', { cause: error });
    if (code === 'EACCES') throw new Error('the file is not executable (chmod +x)', { cause: error });
    throw error;
  }
  const interpreter = interpreterOf(found);
  if (interpreter === undefined) return { path: found, folders: foldersOf(found) };
  const runs = interpreter.includes('/') ? interpreter : findOnPath(interpreter, path);
  if (runs === undefined) throw new Error(`the interpreter in its first line, ${interpreter}, is not on the PATH`);
  try {
    return { path: found, folders: [...foldersOf(found), ...foldersOf(runs)] };
  } catch (error) {
    throw new Error('the interpreter in its first line does not exist', { cause: error });
  }
}

/** The first executable file of that name on a PATH. */
export function findOnPath(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
      } catch {
        return false;
      }
    });
}

/** What a script's first line names: a path, or behind `/usr/bin/env` a name. */
function interpreterOf(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return undefined; // it may be run and not read
  }
  try {
    const buffer = Buffer.alloc(256);
    const [line = ''] = buffer.toString('latin1', 0, readSync(descriptor, buffer)).split('\n');
    if (/^#!.*\r$/.test(line)) throw new Error('its lines end as on Windows (\\r\\n): so no interpreter is found');
    const [, program, rest = ''] = /^#!\s*(\S+)\s*(.*)$/.exec(line) ?? [];
    if (program === undefined || basename(program) !== 'env') return program;
    return rest.split(/\s+/).find((word) => !word.startsWith('-') && !word.includes('='));
  } finally {
    closeSync(descriptor);
  }
}

const PROGRAM_FOLDERS = new Set(['bin', 'sbin', 'libexec', 'shims']);

/** The folders of a file and of what it links to: the whole prefix (`/opt/x` of `/opt/x/bin/y`) where it has one. */
function foldersOf(file: string): string[] {
  return [file, realpathSync(file)].map((path) => {
    const folder = dirname(path);
    const prefix = dirname(folder);
    return PROGRAM_FOLDERS.has(basename(folder)) && !isHome(prefix) ? prefix : folder;
  });
}

/** A home has more in it than programs, and so has its `.local`. */
function isHome(folder: string): boolean {
  return folder === '/' || folder === '/root' || /^\/home\/[^/]+$/.test(folder) || basename(folder) === '.local';
}
