import { messageOf } from '../../errors.ts';
import { findBubblewrap } from './bubblewrap.ts';
import type { Engine, EngineName } from './engine.ts';
import { findPrlimit, type Prlimit } from './limits.ts';
import { plain } from './plain.ts';
import { findSetpriv } from './setpriv.ts';

/** What works on this host: the strongest engine, and why those before it do not. */
export type HostEngine = {
  engine: Engine;
  prlimit: Prlimit | undefined;
  refused: { name: EngineName; reason: string }[];
};

/** Every engine, the strongest first. */
const ENGINES: readonly { name: EngineName; find: () => Promise<Engine> }[] = [
  { name: 'bubblewrap', find: findBubblewrap },
  { name: 'setpriv', find: findSetpriv },
];

let known: Promise<HostEngine> | undefined;

/** Tries the engines, once in the life of the daemon. */
export function hostEngine(): Promise<HostEngine> {
  known ??= tryEngines();
  return known;
}

async function tryEngines(): Promise<HostEngine> {
  const refused: HostEngine['refused'] = [];
  const prlimit = await findPrlimit().catch(() => undefined);
  for (const { name, find } of ENGINES) {
    try {
      return { engine: await find(), prlimit, refused };
    } catch (error) {
      refused.push({ name, reason: messageOf(error) });
    }
  }
  return { engine: plain, prlimit, refused };
}
