import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandRunner } from '../command.ts';
import { SnoozeError } from '../errors.ts';
import type { Manifest } from '../plugins/manifest/manifest.ts';
import { confine, type SandboxPolicy } from '../plugins/sandbox/confine.ts';

const TIMEOUT_MS = 5 * 60_000;
/** A compiler needs more than what it makes. */
const RESOURCES = { memory_mb: 4096, processes: 64 };

/** `cache` is a folder beside the plugin's that does not exist and is removed in the end. */
export type BuildParts = { run: CommandRunner; sandbox: SandboxPolicy; signal: AbortSignal; cache: string };

/**
 * Runs the manifest's `build` in the plugin's folder, where it has one, until nobody waits for it any more: in the sandbox,
 * where it may write to that folder, and has the network if the plugin will.
 * @throws SnoozeError SNOOZE_E_PLUGIN_BUILD when the program is missing or fails, SNOOZE_E_PLUGIN_SANDBOX when it must be
 * sandboxed and cannot be.
 */
export async function buildPlugin(
  directory: string,
  manifest: Manifest,
  { run, sandbox, signal, cache }: BuildParts,
): Promise<void> {
  const { build, name, permissions: { network = [] } = {} } = manifest;
  if (build === undefined) return;
  const { command, args = [] } = build;
  const failed = (how: string, hint: string | undefined, cause?: unknown) =>
    new SnoozeError('SNOOZE_E_PLUGIN_BUILD', `${name} could not be built: ${[command, ...args].join(' ')}${how}`, {
      ...(hint && { hint }),
      cause,
    });
  const goCache = process.env['GOCACHE'] ?? join(cache, 'go');
  mkdirSync(goCache, { recursive: true });
  const refusals: string[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (_: object, text: string) => void refusals.push(text) };
  try {
    const launch = await confine(
      {
        instance: name,
        manifest: { ...manifest, resources: RESOURCES, permissions: { network, write: [cache, goCache] } },
        config: {},
        command,
        args,
        directory,
        stateDirectory: directory, // the folder that it may write to
        environment: {
          PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
          HOME: cache,
          GOCACHE: goCache,
          GOTMPDIR: cache,
          GOFLAGS: '-mod=mod',
          GOTOOLCHAIN: 'local',
          GOPROXY: 'off',
        },
      },
      sandbox,
      log,
    );
    try {
      const { command: started, args: with_, environment: env } = launch;
      const ran = await run(started, with_, { cwd: directory, timeoutMs: TIMEOUT_MS, signal, env });
      const { code, signal: endedBy } = launch.exit({ code: ran.exitCode, signal: null });
      if (code === 0) return;
      launch.heard(`${ran.stderr}\n`);
      if (endedBy !== null) throw failed(`: it was ended by ${endedBy}`, refusals[0]);
      const last = (ran.stderr || ran.stdout).trim().split('\n').slice(-5).join(' | ');
      throw failed(` ended with ${code}: ${last}`, refusals[0]);
    } catch (error) {
      if (!(error instanceof SnoozeError) || error.code !== 'SNOOZE_E_COMMAND') throw error;
      throw failed(`: ${error.message.slice(launch.command.length + 2)}`, undefined, error);
    } finally {
      await launch.ended();
    }
  } catch (error) {
    if (!(error instanceof SnoozeError) || !error.message.endsWith(`there is no program ${command} on the PATH`))
      throw error;
    throw new SnoozeError('SNOOZE_E_PLUGIN_BUILD', `${name} is built with ${command}, which is not on this host`, {
      hint: `install ${command} and try again, or install a package that was built elsewhere`,
      cause: error,
    });
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}
