import { runCommand } from '@cloudsnooze/daemon/command';
import { SnoozeError } from '@cloudsnooze/daemon/errors';
import type { Manifest } from '@cloudsnooze/daemon/plugins/manifest';

const LONGEST_BUILD_MS = 10 * 60_000;

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
  const env = Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => !!entry[1]));
  const { exitCode, stdout, stderr } = await runCommand(command, args, {
    cwd: directory,
    env,
    timeoutMs: LONGEST_BUILD_MS,
  });
  if (exitCode === 0) return typed;
  const said = `${stdout}${stderr}`.trim().split('\n').slice(-20).join('\n');
  throw new SnoozeError('SNOOZE_E_PLUGIN_BUILD', `${name}: ${typed} ended with exit code ${exitCode}\n${said}`);
}
