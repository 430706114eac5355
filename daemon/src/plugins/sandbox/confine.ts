import { delimiter, resolve } from 'node:path';
import type { Config } from '../../config/config.ts';
import { messageOf, SnoozeError } from '../../errors.ts';
import { signalGroup } from '../stop-process.ts';
import type { Launch, Program } from './engine.ts';
import { findProgram } from './find-program.ts';
import { type HostEngine, hostEngine } from './host-engine.ts';
import { limitsOf } from './limits.ts';
import { plain } from './plain.ts';
import { descendantsOf, exitOf } from './processes.ts';

/** `plugins.sandbox`: as well as this host can, only where it really can, or not at all. */
export type SandboxPolicy = Config['plugins']['sandbox'];

/** A plugin's program, ready to be started. */
export type Confined = Launch & {
  /** Sends SIGTERM to the plugin: to its own processes, and not to what holds them. */
  terminate(pid: number): void;
  /** Its end as the plugin's own. */
  exit(of: Exit): Exit;
};

type Exit = { code: number | null; signal: string | null };

/**
 * What to start for a plugin's program, so that it has what its manifest asks for and nothing else.
 * @throws SnoozeError SNOOZE_E_PLUGIN_START when there is no such program, SNOOZE_E_PLUGIN_SANDBOX when it must be
 * sandboxed and cannot be.
 */
export async function confine(program: Program, policy: SandboxPolicy): Promise<Confined> {
  const { command, args, directory, environment, instance } = program;
  const host = await hostEngine();
  if (policy === 'require' && host.engine.name !== 'bubblewrap') throw required(instance, host);
  let found: ReturnType<typeof findProgram>;
  try {
    found = findProgram(command, directory, environment['PATH'] ?? '');
  } catch (error) {
    throw new SnoozeError(
      'SNOOZE_E_PLUGIN_START',
      `${instance}: ${[command, ...args].join(' ')} cannot be started: ${messageOf(error)}`,
      { hint: `"exec" in ${resolve(directory, 'plugin.json')} names it`, cause: error },
    );
  }
  const engine = policy === 'off' ? plain : host.engine;
  const bare: Launch = { command: found.path, args, environment };
  const limited = policy === 'off' ? bare : (host.prlimit?.wrap(bare, limitsOf(program.manifest), engine) ?? bare);
  const libraries = environment['PYTHONPATH']?.split(delimiter) ?? [];
  return {
    ...engine.wrap(limited, program, [...found.folders, ...libraries]),
    exit: (end) => exitOf(engine, end),
    terminate(pid) {
      if (engine.name === 'bubblewrap') signalEach(descendantsOf(pid), 'SIGTERM');
      else signalGroup(pid, 'SIGTERM');
    },
  };
}

function required(instance: string, { refused }: HostEngine): SnoozeError {
  const reason = refused.find(({ name }) => name === 'bubblewrap')?.reason ?? 'it is not known why';
  return new SnoozeError(
    'SNOOZE_E_PLUGIN_SANDBOX',
    `${instance} is not started: plugins.sandbox is "require" and bubblewrap does not work here: ${reason}`,
    { hint: 'install bubblewrap, or allow less: snooze config set plugins.sandbox auto' },
  );
}

function signalEach(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // it has ended
    }
  }
}
