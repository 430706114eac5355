import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { InstanceSpec } from './manifest/instance-spec.ts';
import type { Manifest } from './manifest/manifest.ts';
import type { Guardian } from './process/guardian.ts';
import type { HostSide, Observer } from './process/plugin-process.ts';
import { createExitCodeRunner } from './runners/exit-code.ts';
import { startExternal } from './runners/external.ts';
import { startNative } from './runners/native.ts';
import { createOneshotRunner } from './runners/oneshot.ts';
import type { Runner } from './runners/runner.ts';
import { requireTrusted } from './runners/trusted-folder.ts';
import { startWorker } from './runners/worker.ts';
import { engineUnder, type SandboxPolicy } from './sandbox/confine.ts';

export type LoaderParts = {
  /** The daemon's. */
  stateDirectory: string;
  sandbox: SandboxPolicy;
  environment: NodeJS.ProcessEnv;
  guardian: Guardian;
  clock: Clock;
  log: Log;
  /** What it may call. */
  desk: HostSide;
  /** Throws where an installed plugin is not as it was installed and approved. */
  verify?: (directory: string, manifest: Manifest) => Promise<void>;
  observer?: Observer;
};

/** Where the host keeps files for an instance: beside the instance's own folder, where no plugin can reach it. */
export function filesDirectoryOf(instance: string, stateDirectory: string): string {
  return `${stateDirectoryOf(instance, stateDirectory)}.files`;
}

/** The folder of an instance for what it keeps. */
export function stateDirectoryOf(instance: string, stateDirectory: string): string {
  return join(stateDirectory, 'plugin-state', instance);
}

/**
 * Starts the program, or loads the module, of one instance.
 * @throws SnoozeError SNOOZE_E_PLUGIN_START, SNOOZE_E_PLUGIN_SANDBOX, and what `verify` throws
 */
export async function loadPlugin(
  spec: InstanceSpec,
  { environment, guardian, sandbox, desk, verify, observer, ...parts }: LoaderParts,
): Promise<Runner> {
  const { manifest, directory, instance } = spec;
  const { clock, log } = parts;
  await verify?.(directory, manifest);
  const stateDirectory = stateDirectoryOf(instance, parts.stateDirectory);
  mkdirSync(stateDirectory, { recursive: true, mode: 0o750 });
  const common = { manifest, directory, instance, stateDirectory, clock, log };
  const inside = { ...common, ...desk, ...(observer && { observer }) };
  if (manifest.type === 'native') {
    // A thread of its own ends a hang; it has all that the daemon may do all the same.
    await requireTrusted(instance, directory);
    return manifest.isolation === 'worker' ? startWorker({ ...inside, environment }) : startNative(inside);
  }
  // one that is started for each call is not said to run where no call ever could
  await engineUnder(sandbox, instance);
  const options = {
    ...inside,
    config: spec.config,
    sandbox,
    environment,
    guardian,
    ...(verify && { verify: () => verify(directory, manifest) }),
  };
  switch (manifest.process_model) {
    case 'oneshot':
      return createOneshotRunner(options);
    case 'exec':
      return createExitCodeRunner(options);
    default:
      return startExternal(options);
  }
}
