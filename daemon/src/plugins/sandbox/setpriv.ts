import type { Engine } from './engine.ts';
import { becomeOwnUser, hasOwnUser } from './own-user.ts';
import { findTool, probe } from './probe.ts';

const FLAGS = ['--no-new-privs', '--pdeathsig', 'KILL', '--inh-caps=-all'];
/** Only root may drop what a program could get back. */
const ROOT_FLAGS = ['--bounding-set=-all'];
/** Files stay as they are: it may read what root may, and write what everybody may. */
const OWN_USER_KEEPS = 'dac_read_search';

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
    ownUsers: uid === 0,
    wrap({ command, args, environment }, program) {
      const own = uid === 0 && hasOwnUser(program.manifest);
      const chosen = own ? becomeOwnUser(program, OWN_USER_KEEPS) : [...flags, '--'];
      return { command: setpriv, args: [...chosen, command, ...args], environment };
    },
  };
}
