import type { Engine } from './engine.ts';
import { findTool, probe } from './probe.ts';

const FLAGS = ['--no-new-privs', '--pdeathsig', 'KILL', '--inh-caps=-all'];
/** Only root may drop what a program could get back. */
const ROOT_FLAGS = ['--bounding-set=-all'];

/**
 * util-linux's setpriv: no new privileges, and no life without the daemon. Files and network stay as they are.
 * @throws Error with the reason, where it does not work.
 */
export async function findSetpriv(uid: number): Promise<Engine> {
  const setpriv = findTool('setpriv');
  const flags = uid === 0 ? [...FLAGS, ...ROOT_FLAGS] : FLAGS;
  await probe(setpriv, [...flags, '--', 'true']);
  return {
    name: 'setpriv',
    keeps: new Set(['privileges']),
    wrap: ({ command, args, environment }) => ({
      command: setpriv,
      args: [...flags, '--', command, ...args],
      environment,
    }),
  };
}
