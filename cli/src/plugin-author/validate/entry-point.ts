import { existsSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, normalize } from 'node:path';
import { messageOf } from '@cloudsnooze/daemon/errors';
import type { Manifest } from '@cloudsnooze/daemon/plugins/manifest/manifest';
import { findProgram } from '@cloudsnooze/daemon/plugins/sandbox/find-program';
import { atKey, type Finding } from './finding.ts';

/** Whether what the manifest starts is there and can be started: the program, its interpreter, its script, the module. */
export function entryPointFaults(
  manifest: Manifest,
  { directory, path, placeOf }: { directory: string; path: string; placeOf: (path: string) => string },
): Finding[] {
  const fault = (key: string, message: string, suggestion?: string) =>
    atKey('fault', key, { message, placeOf, ...(suggestion !== undefined && { suggestion }) });
  const { type, module, exec, build } = manifest;
  if (type === 'native') return module === undefined ? [] : moduleFaults(module, directory, fault);
  if (exec === undefined) return [];
  const { command, args = [] } = exec;
  if (leavesFolder(command)) {
    return [fault('exec.command', `${command} lies outside of the plugin’s folder, which is all that is installed`)];
  }
  const isBuilt = build !== undefined && command.includes('/') && !existsSync(join(directory, command));
  const faults = isBuilt
    ? programFaults(build.command, { key: 'build.command', directory, path, fault })
    : programFaults(command, { key: 'exec.command', directory, path, fault });
  for (const [index, arg] of args.entries()) {
    if (!looksLikeScript(arg)) continue;
    const key = `exec.args.${index}`;
    if (!existsSync(join(directory, arg))) faults.push(fault(key, `there is no file ${arg} in the plugin’s folder`));
    else if (isFromWindows(join(directory, arg)))
      faults.push(fault(key, `${arg}: its lines end as on Windows (\\r\\n), which no shell reads`, toUnix(arg)));
  }
  return faults;
}

type MakeFault = (key: string, message: string, suggestion?: string) => Finding;

function moduleFaults(module: string, directory: string, fault: MakeFault): Finding[] {
  if (leavesFolder(module)) return [fault('module', `${module} lies outside of the plugin’s folder`)];
  const isFile = statSync(join(directory, module), { throwIfNoEntry: false })?.isFile() === true;
  return isFile ? [] : [fault('module', `there is no file ${module} in the plugin’s folder`)];
}

function programFaults(
  command: string,
  { key, directory, path, fault }: { key: string; directory: string; path: string; fault: MakeFault },
): Finding[] {
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
        : undefined;
    return [fault(key, `${command}: ${message}`, remedy)];
  }
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
