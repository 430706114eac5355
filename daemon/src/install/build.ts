import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandRunner } from '../command.ts';
import { SnoozeError } from '../errors.ts';
import type { Manifest } from '../plugins/manifest.ts';

const TIMEOUT_MS = 5 * 60_000;

/**
 * Runs the manifest's `build` in the plugin's folder, where it has one, until nobody waits for it any more.
 * @throws SnoozeError SNOOZE_E_PLUGIN_BUILD when the program is missing or fails.
 */
export async function buildPlugin(
  directory: string,
  manifest: Manifest,
  { run, signal }: { run: CommandRunner; signal: AbortSignal },
): Promise<void> {
  if (manifest.build === undefined) return;
  const { command, args = [] } = manifest.build;
  const cache = mkdtempSync(join(tmpdir(), 'snooze-build-'));
  try {
    const { exitCode, stderr, stdout } = await run(command, args, {
      cwd: directory,
      timeoutMs: TIMEOUT_MS,
      signal,
      env: {
        PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
        HOME: cache,
        GOCACHE: process.env['GOCACHE'] ?? join(cache, 'go'),
        GOFLAGS: '-mod=mod',
        GOTOOLCHAIN: 'local',
        GOPROXY: 'off',
      },
    });
    if (exitCode === 0) return;
    const last = (stderr || stdout).trim().split('\n').slice(-5).join(' | ');
    throw new SnoozeError(
      'SNOOZE_E_PLUGIN_BUILD',
      `${manifest.name} could not be built: ${[command, ...args].join(' ')} ended with ${exitCode}: ${last}`,
    );
  } catch (error) {
    if (!(error instanceof SnoozeError) || error.code !== 'SNOOZE_E_COMMAND') throw error;
    const isMissing = error.message.includes('there is no such program');
    throw new SnoozeError(
      'SNOOZE_E_PLUGIN_BUILD',
      isMissing
        ? `${manifest.name} is built with ${command}, which is not on this host`
        : `${manifest.name} could not be built: ${[command, ...args].join(' ')}: ${error.message.slice(command.length + 2)}`,
      {
        ...(isMissing && { hint: `install ${command} and try again, or install a package that was built elsewhere` }),
        cause: error,
      },
    );
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}
