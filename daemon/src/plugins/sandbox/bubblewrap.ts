import type { Engine, Kept, Launch, Program } from './engine.ts';
import { besideGranted, type Grants, grantsOf, isIn } from './granted-paths.ts';
import { becomeOwnUser, becoming, hasOwnUser, ownUid } from './own-user.ts';
import { findTool, probe } from './probe.ts';
import { type SystemFolder, systemFolders, systemSettings } from './system-files.ts';

/** Always: everything of its own, nothing gained, gone with the daemon. */
const FLAGS = [
  '--unshare-ipc',
  '--unshare-uts',
  '--unshare-cgroup-try',
  '--cap-drop',
  'ALL',
  '--die-with-parent',
  '--new-session',
];
/** A user of its own that is root's keeps this: it may open any file that it is shown. */
const OWN_USER_KEEPS = 'dac_override';
const TO_OWN_USER = ['--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID', '--cap-add', 'CAP_DAC_OVERRIDE'];
const OWN_NAMESPACE = ['--unshare-user'];
const TMP_BYTES = 64 * 1024 * 1024;

/** What of bubblewrap works here: containers often forbid a /proc or a network of its own. */
type Abilities = {
  bwrap: string;
  /** With it root becomes a user of the plugin's own; else a plugin has the daemon's, in a namespace of users. */
  setpriv: string | undefined;
  ownProc: boolean;
  ownNetwork: boolean;
  sizedTmp: boolean;
  system: SystemFolder[];
};

/** One thing at its place in the sandbox. */
type Mount = { at: string; args: readonly string[] };

const EVERYTHING: Mount = { at: '/', args: ['--dev-bind', '/', '/'] };

/**
 * bubblewrap: a view of the system that has in it what the manifest asks for, and namespaces of its own.
 * @throws Error with the reason, where it does not work.
 */
export async function findBubblewrap(uid: number): Promise<Engine> {
  const bwrap = findTool('bwrap');
  const help = await probe(bwrap, ['--help']);
  const system = systemFolders();
  const sizedTmp = help.includes('--size ');
  let reason: unknown;
  for (const [ownProc, ownNetwork] of [
    [true, true],
    [false, true],
    [true, false],
    [false, false],
  ] as const) {
    const abilities = { bwrap, ownProc, ownNetwork, sizedTmp, system, setpriv: undefined };
    try {
      await tryOut(abilities, OWN_NAMESPACE, ['true']);
    } catch (error) {
      reason ??= error;
      continue;
    }
    return engine({ ...abilities, setpriv: uid === 0 ? await findOwnUsers(abilities) : undefined });
  }
  throw reason;
}

/** Only where root has its rights: in a container it may not. */
async function findOwnUsers(abilities: Abilities): Promise<string | undefined> {
  try {
    const setpriv = findTool('setpriv');
    await tryOut(abilities, TO_OWN_USER, [setpriv, ...becoming(ownUid('/'), OWN_USER_KEEPS), 'true']);
    return setpriv;
  } catch {
    return undefined;
  }
}

async function tryOut(abilities: Abilities, user: readonly string[], command: readonly string[]): Promise<void> {
  const nothing: Grants = { read: [], write: [], network: false, processes: false, everything: false };
  const mounts = [...systemMounts(abilities), ...ownMounts(abilities, nothing)];
  await probe(abilities.bwrap, [...flags(abilities, nothing), ...user, ...inOrder(mounts), '--', ...command]);
}

function engine(abilities: Abilities): Engine {
  const keeps: Kept[] = ['files', 'privileges', 'leftovers'];
  if (abilities.ownNetwork) keeps.push('network');
  if (abilities.ownProc) keeps.push('processes');
  return {
    name: 'bubblewrap',
    keeps: new Set(keeps),
    ownUsers: abilities.setpriv !== undefined,
    wrap: (launch, program, folders) => wrap(abilities, launch, program, folders),
  };
}

function wrap(abilities: Abilities, launch: Launch, program: Program, folders: readonly string[]): Launch {
  const { directory, stateDirectory } = program;
  const grants = grantsOf(program);
  // A link in a granted folder could not be mounted over.
  const beside = besideGranted(grants);
  const mounts: Mount[] = grants.everything
    ? [EVERYTHING]
    : [
        ...systemMounts(abilities).filter(({ at }) => beside(at)),
        ...ownMounts(abilities, grants),
        ...folders.filter((folder) => !abilities.system.some(({ path }) => isIn(folder, path))).map(readable),
        ...grants.read.filter(beside).map(readable),
        ...grants.write.map(writable),
        readable(directory),
        writable(stateDirectory),
      ];
  const own = abilities.setpriv !== undefined && hasOwnUser(program.manifest);
  const become = own ? [abilities.setpriv ?? '', ...becomeOwnUser(program, OWN_USER_KEEPS)] : [];
  const { TMPDIR: _, ...environment } = launch.environment; // it has a /tmp of its own
  return {
    command: abilities.bwrap,
    args: [
      ...flags(abilities, grants),
      ...(own ? TO_OWN_USER : OWN_NAMESPACE),
      ...inOrder(mounts),
      ...['--chdir', directory, '--', ...become, launch.command, ...launch.args],
    ],
    environment,
  };
}

function flags({ ownNetwork }: Abilities, grants: Grants): string[] {
  return [
    ...FLAGS,
    ...(grants.everything ? [] : ['--unshare-pid']),
    ...(ownNetwork && !grants.network ? ['--unshare-net'] : []),
  ];
}

function systemMounts({ system }: Abilities): Mount[] {
  return [
    ...system.map(({ path, link }) => (link === null ? readable(path) : { at: path, args: ['--symlink', link, path] })),
    ...systemSettings().map(readable),
  ];
}

function ownMounts({ ownProc, sizedTmp }: Abilities, grants: Grants): Mount[] {
  const scratch = (at: string): Mount => ({
    at,
    args: [...(sizedTmp ? ['--size', String(TMP_BYTES)] : []), '--perms', '1777', '--tmpfs', at],
  });
  return [
    { at: '/dev', args: ['--dev', '/dev'] },
    { at: '/proc', args: ownProc && !grants.processes ? ['--proc', '/proc'] : ['--ro-bind', '/proc', '/proc'] },
    scratch('/tmp'),
    scratch('/var/tmp'),
    scratch('/dev/shm'),
  ];
}

function readable(path: string): Mount {
  return { at: path, args: [isIn(path, '/dev') ? '--dev-bind-try' : '--ro-bind-try', path, path] };
}

function writable(path: string): Mount {
  return { at: path, args: [isIn(path, '/dev') ? '--dev-bind-try' : '--bind-try', path, path] };
}

/** Folders before what lies in them, and at one place the last one said; then what holds them is made read-only, where it is not granted for writing. */
function inOrder(mounts: readonly Mount[]): string[] {
  const byPlace = new Map(mounts.map((mount) => [mount.at, mount]));
  const wholeSystem = byPlace.has('/');
  const depth = ({ at }: Mount) => at.split('/').filter((part) => part !== '').length;
  const sorted = [...byPlace.values()].sort((a, b) => depth(a) - depth(b));
  const closed = [
    ...['/dev', '/proc'].filter((at) => byPlace.has(at) && byPlace.get(at)?.args[0] !== '--bind-try'),
    ...(wholeSystem ? [] : ['/']),
  ];
  return [...sorted.flatMap(({ args }) => args), ...closed.flatMap((at) => ['--remount-ro', at])];
}
