import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { nearest } from '../../config/validator.ts';
import { messageOf } from '../../errors.ts';
import { findOnPath, findProgram } from '../sandbox/find-program.ts';
import type { Advised } from './advised.ts';
import type { Manifest } from './manifest.ts';

/** What plugins are started with most, for one of them that is misspelt. */
const INTERPRETERS = [
  'sh',
  'bash',
  'dash',
  'python3',
  'python',
  'node',
  'bun',
  'deno',
  'go',
  'perl',
  'ruby',
  'php',
  'lua',
];

/**
 * Whether what the manifest starts is there and can be started: the program, its interpreter, its script, the module.
 * With a `build` what is not there is still to be made. `path` is where programs are looked for.
 */
export function entryPointFaults(
  { type, module, exec, build }: Pick<Manifest, 'module' | 'exec' | 'build'> & Partial<Pick<Manifest, 'type'>>,
  directory: string,
  path: string,
): Advised[] {
  if (type === 'native')
    return module === undefined ? [] : moduleFaults(module, { directory, isBuilt: build !== undefined });
  if (exec === undefined) return [];
  const { command, args = [] } = exec;
  if (leavesFolder(command)) {
    return [fault('exec.command', `${command} lies outside of the plugin’s folder, which is all that is installed`)];
  }
  const isBuilt = build !== undefined && command.includes('/') && !existsSync(join(directory, command));
  const faults = isBuilt
    ? programFaults(build.command, 'build.command', { directory, path })
    : programFaults(command, 'exec.command', { directory, path });
  for (const [index, arg] of args.entries()) {
    if (!looksLikeScript(arg)) continue;
    const key = `exec.args.${index}`;
    if (!existsSync(join(directory, arg))) {
      if (build === undefined)
        faults.push(fault(key, `there is no file ${arg} in the plugin’s folder`, nearestFile(arg, directory)));
    } else if (isFromWindows(join(directory, arg)))
      faults.push(fault(key, `${arg}: its lines end as on Windows (\\r\\n), which no shell reads`, toUnix(arg)));
  }
  return faults;
}

function fault(path: string, message: string, suggestion?: string): Advised {
  return { path, message, ...(suggestion !== undefined && { suggestion }) };
}

function moduleFaults(module: string, { directory, isBuilt }: { directory: string; isBuilt: boolean }): Advised[] {
  if (leavesFolder(module)) return [fault('module', `${module} lies outside of the plugin’s folder`)];
  const isFile = statSync(join(directory, module), { throwIfNoEntry: false })?.isFile() === true;
  if (isFile || isBuilt) return [];
  return [fault('module', `there is no file ${module} in the plugin’s folder`, nearestFile(module, directory))];
}

function programFaults(
  command: string,
  key: string,
  { directory, path }: { directory: string; path: string },
): Advised[] {
  try {
    findProgram(command, directory, path);
    return [];
  } catch (error) {
    const isHere = !command.includes('/') && existsSync(join(directory, command));
    if (isHere) return [fault(key, messageOf(error), `"./${command}", as it lies in the plugin’s folder`)];
    const message = messageOf(error);
    const remedy = message.includes('not executable')
      ? `chmod +x ${command}`
      : message.includes('Windows')
        ? toUnix(command)
        : command.includes('/')
          ? nearestFile(command, directory)
          : nearestProgram(command, path);
    return [fault(key, `${command}: ${message}`, remedy)];
  }
}

function nearestFile(given: string, directory: string): string {
  const folder = join(directory, dirname(given));
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const meant = nearest(basename(given), names);
  return meant === undefined
    ? 'put it there, or name the file that is'
    : `did you mean ${given.slice(0, given.lastIndexOf('/') + 1)}${meant}?`;
}

function nearestProgram(given: string, path: string): string {
  const meant = nearest(
    given,
    INTERPRETERS.filter((name) => findOnPath(name, path) !== undefined),
  );
  return meant === undefined ? `install ${given} on this host, where its PATH leads` : `did you mean ${meant}?`;
}

/** Other languages bear such lines. */
function isFromWindows(script: string): boolean {
  return script.endsWith('.sh') && readFileSync(script, 'latin1').includes('\r\n');
}

function toUnix(file: string): string {
  return `sed -i 's/\\r$//' ${file}`;
}

function leavesFolder(path: string): boolean {
  return path.includes('/') && !isAbsolute(path) && normalize(path).startsWith('..');
}

/** An argument that names a file of the plugin, as `monitor.py` and `./run.sh` do. */
function looksLikeScript(argument: string): boolean {
  return !isAbsolute(argument) && /^[\w./-]+\.(py|sh|js|mjs|ts|rb|pl|lua)$/.test(argument);
}
