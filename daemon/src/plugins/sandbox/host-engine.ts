import { messageOf } from '../../errors.ts';
import { findBubblewrap } from './bubblewrap.ts';
import { type CgroupRoot, takeDelegatedCgroup } from './delegated-cgroup.ts';
import type { Engine, EngineName } from './engine.ts';
import { findPrlimit, type Prlimit } from './limits.ts';
import { plain } from './plain.ts';
import { findSetpriv } from './setpriv.ts';

/** What works on this host: the strongest engine, why those before it do not, and what limits can be set with. */
export type HostEngine = {
  engine: Engine;
  refused: { name: EngineName; reason: string }[];
  cgroups: CgroupRoot | undefined;
  prlimit: Prlimit | undefined;
};

/** Every engine, the strongest first. */
export const ENGINES: readonly { name: EngineName; find: (uid: number) => Promise<Engine> }[] = [
  { name: 'bubblewrap', find: findBubblewrap },
  { name: 'setpriv', find: findSetpriv },
  { name: 'plain', find: async () => plain },
];

let known: Promise<HostEngine> | undefined;

/** Tries what there is, once in the life of the daemon. */
export function hostEngine(): Promise<HostEngine> {
  known ??= tryEngines(process.geteuid?.() ?? 0);
  return known;
}

async function tryEngines(uid: number): Promise<HostEngine> {
  const refused: HostEngine['refused'] = [];
  const limits = { cgroups: delegated(), prlimit: await findPrlimit(uid).catch(() => undefined) };
  for (const { name, find } of ENGINES) {
    try {
      return { engine: await find(uid), refused, ...limits };
    } catch (error) {
      refused.push({ name, reason: messageOf(error) });
    }
  }
  return { engine: plain, refused, ...limits };
}

function delegated(): CgroupRoot | undefined {
  try {
    return takeDelegatedCgroup();
  } catch {
    return undefined; // limits are set with prlimit instead
  }
}
