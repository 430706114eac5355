import { SnoozeError } from '@cloudsnooze/daemon/errors';
import type { Manifest } from '@cloudsnooze/daemon/plugins/manifest/manifest';
import { execa } from 'execa';

const LONGEST_BUILD_MS = 10 * 60_000;
const LAST_LINES = 20;

type Ended = {
  exitCode?: number | undefined;
  code?: string | undefined;
  timedOut: boolean;
  signal?: string | undefined;
};

/**
 * Runs the manifest's `build` in the plugin's folder as its author would by hand; gives what it ran, or null where there
 * is nothing to build.
 * @throws SnoozeError SNOOZE_E_PLUGIN_BUILD with what the compiler said.
 */
export async function buildInPlace(
  { name, build }: Manifest,
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | null> {
  if (build === undefined) return null;
  const { command, args = [] } = build;
  const typed = [command, ...args].join(' ');
  const ended = await execa(command, args, {
    cwd: directory,
    env: environment,
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    timeout: LONGEST_BUILD_MS,
    reject: false,
  });
  if (!ended.failed) return typed;
  const how = howItEnded(ended);
  const said = (ended.all ?? '').trim().split('\n').slice(-LAST_LINES).join('\n');
  throw new SnoozeError('SNOOZE_E_PLUGIN_BUILD', `${name}: ${typed} ${how}${said && `\n${said}`}`);
}

function howItEnded({ exitCode, code, timedOut, signal }: Ended): string {
  if (timedOut) return `was not done after ${LONGEST_BUILD_MS / 60_000} minutes`;
  if (code === 'ENOENT') return 'cannot be started: there is no such program';
  return exitCode === undefined ? `was ended by ${signal ?? code}` : `ended with exit code ${exitCode}`;
}
