import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Log } from '../../../src/log.ts';
import type { Manifest } from '../../../src/plugins/manifest/manifest.ts';
import { confineWith } from '../../../src/plugins/sandbox/confine.ts';
import { ENGINES, type HostEngine } from '../../../src/plugins/sandbox/host-engine.ts';
import { findPrlimit } from '../../../src/plugins/sandbox/limits.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const ATTACKS = new URL('../attacks/', import.meta.url).pathname;
const NOBODY = 65534;
const isRoot = process.geteuid?.() === 0;

/** Who runs the daemon: root, and an ordinary user that root becomes; or just whoever runs this test. */
export const USERS = isRoot ? [0, NOBODY] : [process.geteuid?.() ?? NOBODY];

/** An engine as the daemon of that user would find it. @throws Error where it does not work. */
export async function engineOf(name: string, uid: number): Promise<HostEngine> {
  const found = ENGINES.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no engine ${name}`);
  const prlimit = name === 'plain' ? undefined : await findPrlimit(uid);
  return { engine: await found.find(uid), refused: [], cgroups: undefined, prlimit };
}

export type Ran = { code: number | null; signal: string | null; output: string; lines: string[] };

/** A folder of a plugin with all the attacks in it, and one for its state, which belong to a user. */
export function pluginFolders(t: TestContext, uid: number): { directory: string; stateDirectory: string } {
  const home = temporaryDirectory(t);
  const directory = join(home, 'plugin');
  const stateDirectory = join(home, 'state');
  for (const folder of [directory, stateDirectory]) mkdirSync(folder);
  for (const name of readdirSync(ATTACKS)) {
    copyFileSync(join(ATTACKS, name), join(directory, name));
    chmodSync(join(directory, name), 0o755);
  }
  if (isRoot) for (const folder of [home, directory, stateDirectory]) chownSync(folder, uid, uid);
  return { directory, stateDirectory };
}

/** Runs a program under an engine as a user, to its end. */
export async function runConfined(
  host: HostEngine,
  {
    uid,
    command,
    args = [],
    ...program
  }: {
    uid: number;
    command: string;
    args?: string[];
    manifest?: Partial<Manifest>;
    config?: Record<string, unknown>;
    directory: string;
    stateDirectory: string;
  },
): Promise<Ran> {
  const lines: string[] = [];
  const keep = (_: object, message: string) => void lines.push(message);
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep };
  const launch = confineWith(
    host,
    {
      instance: 'attacker',
      config: {},
      ...program,
      command,
      args,
      manifest: { name: 'attacker', version: '1.0.0', type: 'external', ...program.manifest },
      environment: { PATH: '/usr/bin:/bin', HOME: program.stateDirectory },
    },
    log,
  );
  const drop = isRoot && uid !== 0 ? ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'] : [];
  const [first = '', ...rest] = [...drop, launch.command, ...launch.args];
  const child = spawn(first, rest, { cwd: program.directory, env: launch.environment, detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      launch.heard(text);
    });
  const closed = once(child, 'close');
  const [code, signal] = await once(child, 'exit');
  if (child.pid !== undefined) killGroup(child.pid);
  await launch.ended();
  await closed;
  return { ...launch.exit({ code, signal }), output, lines };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // nobody is left in it
  }
}
