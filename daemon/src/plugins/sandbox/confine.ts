import { delimiter, resolve } from 'node:path';
import type { Config } from '../../config/config.ts';
import { messageOf, SnoozeError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { signalGroup } from '../process/stop-process.ts';
import { makeCgroup } from './cgroup.ts';
import type { Launch, Program } from './engine.ts';
import { type FoundProgram, findProgram } from './find-program.ts';
import { grantsOf } from './granted-paths.ts';
import { type HostEngine, hostEngine } from './host-engine.ts';
import { killRun, nextRun } from './leftovers.ts';
import { limitsOf } from './limits.ts';
import { plain } from './plain.ts';
import { descendantsOf, exitOf, signalEach } from './processes.ts';
import { createRefusals } from './refusals.ts';

/** `plugins.sandbox`: as well as this host can, only where it really can, or not at all. */
export type SandboxPolicy = Config['plugins']['sandbox'];

type Exit = { code: number | null; signal: string | null };

/** A plugin's program, ready to be started once. */
export type Confined = Launch & {
  /** Sends SIGTERM to the plugin: to its own processes, and not to what holds them. */
  terminate(pid: number): void;
  /** Its end as the plugin's own. */
  exit(of: Exit): Exit;
  /** Takes what it says about its failures, to tell which permission it misses. */
  heard(text: string): void;
  /** After its end: kills what it has left behind, and says which limit it ran into. */
  ended(): Promise<void>;
};

/**
 * What to start for a plugin's program, so that it has what its manifest asks for and nothing else.
 * @throws SnoozeError SNOOZE_E_PLUGIN_START when there is no such program, SNOOZE_E_PLUGIN_SANDBOX when it must be
 * sandboxed and cannot be.
 */
export async function confine(program: Program, policy: SandboxPolicy, log: Log): Promise<Confined> {
  return confineWith(await engineUnder(policy, program.instance), program, log);
}

/**
 * What keeps an instance to its manifest.
 * @throws SnoozeError SNOOZE_E_PLUGIN_SANDBOX where the policy wants more than the host can do.
 */
export async function engineUnder(policy: SandboxPolicy, instance: string): Promise<HostEngine> {
  const host = hostFor(await hostEngine(), policy);
  refuseToRun(instance, host, policy);
  return host;
}

/** What of the host's abilities a policy uses. */
export function hostFor(host: HostEngine, policy: SandboxPolicy): HostEngine {
  return policy === 'off' ? { engine: plain, refused: [], cgroups: undefined, prlimit: undefined } : host;
}

/** @throws SnoozeError SNOOZE_E_PLUGIN_SANDBOX where the policy wants more than the host can do. */
export function refuseToRun(instance: string, { engine, refused }: HostEngine, policy: SandboxPolicy): void {
  if (policy !== 'require' || engine.name === 'bubblewrap') return;
  const reason = refused.find(({ name }) => name === 'bubblewrap')?.reason ?? 'it is not known why';
  throw new SnoozeError(
    'SNOOZE_E_PLUGIN_SANDBOX',
    `${instance} is not started: plugins.sandbox is "require" and bubblewrap does not work here: ${reason}`,
    { hint: 'install bubblewrap and restart snoozed, or allow less: snooze config set plugins.sandbox auto' },
  );
}

/** The same with given abilities. */
export function confineWith(host: HostEngine, program: Program, log: Log): Confined {
  const { engine, prlimit, cgroups } = host;
  const found = find(program);
  const limits = limitsOf(program.manifest);
  const refusals = createRefusals(program, { keeps: engine.keeps, isLimited: Boolean(cgroups ?? prlimit) }, log);
  const run = nextRun();
  const environment: Record<string, string> = { ...program.environment, [run.name]: run.value };
  const cgroup = cgroups && makeCgroup(cgroups, program.instance, limits);
  let launch: Launch = { command: found.path, args: program.args, environment };
  if (prlimit) launch = prlimit.wrap(launch, { manifest: program.manifest, engine, cgroups });
  const libraries = environment['PYTHONPATH']?.split(delimiter) ?? [];
  launch = engine.wrap(launch, program, [...found.folders, ...libraries]);
  if (cgroup) launch = cgroup.wrap(launch);
  return {
    ...launch,
    exit: (end) => exitOf(engine, end),
    heard: refusals.heard,
    terminate(pid) {
      if (engine.name === 'bubblewrap') signalEach(descendantsOf(pid), 'SIGTERM');
      else signalGroup(pid, 'SIGTERM');
    },
    async ended() {
      refusals.heard('\n');
      if (cgroup) {
        const hit = await cgroup.end();
        if (hit.memory) refusals.memory();
        if (hit.tasks) refusals.tasks();
      } else if (!engine.keeps.has('leftovers') || grantsOf(program).everything) await killRun(run);
    },
  };
}

function find({ command, args, directory, environment, instance }: Program): FoundProgram {
  try {
    return findProgram(command, directory, environment['PATH'] ?? '');
  } catch (error) {
    throw new SnoozeError(
      'SNOOZE_E_PLUGIN_START',
      `${instance}: ${[command, ...args].join(' ')} cannot be started: ${messageOf(error)}`,
      { hint: `"exec" in ${resolve(directory, 'plugin.json')} names it`, cause: error },
    );
  }
}
