/**
 * Checks that imports run only as the design's arrows do, that there is no cycle, and that child processes and the
 * network are reached from few rooms only. Type-only imports are free: the graph is the one esbuild would bundle.
 */
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { build } from 'esbuild';

/** Room of the daemon → the rooms it may import besides itself and the leaves (files directly in daemon/src). */
const DAEMON_ARROWS: Record<string, readonly string[]> = {
  config: [],
  rpc: [],
  store: [],
  systemd: [],
  monitors: ['config'],
  cloud: ['config'],
  idle: ['config'],
  actions: ['cloud'],
  plugins: ['rpc', 'store', 'config'],
  install: ['plugins', 'config'],
  events: ['cloud', 'store', 'config'],
  control: ['rpc', 'config'],
  watch: ['plugins', 'events', 'idle', 'actions', 'monitors', 'cloud', 'store', 'config'],
  main: [
    'watch',
    'control',
    'install',
    'plugins',
    'events',
    'idle',
    'actions',
    'monitors',
    'cloud',
    'store',
    'rpc',
    'systemd',
    'config',
  ],
};

/** Files of daemon/src that stand at the top of the graph; every other file there is a leaf. */
const MAIN_FILES = [
  'main.ts',
  'daemon.ts',
  'open.ts',
  'parts.ts',
  'control-methods.ts',
  'event-methods.ts',
  'plugin-methods.ts',
  'plugin-care.ts',
  'install-methods.ts',
  'plugin-configure.ts',
  'plugin-uninstall.ts',
  'configuration.ts',
  'logger.ts',
  'arguments.ts',
  'resume.ts',
];

/** What all of the CLI may import of the daemon; its room for plugins' authors has the daemon's plugin host, too. */
const CLI_MAY_IMPORT =
  /^@cloudsnooze\/daemon\/(clock|errors|event-kind|version|config\/(load|locations)|control\/|install\/(fetch|repository))/;
const AUTHORS_ROOM = 'cli/src/plugin-author/';
const AUTHORS_MAY_IMPORT =
  /^@cloudsnooze\/daemon\/(command|config\/validator|events\/catalog|idle\/leases|monitors\/|plugins\/|store\/open)/;

const NETWORK = /['"]node:(net|http|https|http2|dgram|tls|dns)(\/\w+)?['"]|(?<![.\w])fetch\(/;

/** What only some rooms may reach, by the pattern of the module's name as it stands in the source. */
const RESERVED: readonly { what: string; pattern: RegExp; rooms: readonly string[] }[] = [
  {
    what: 'child processes',
    pattern: /['"]node:child_process['"]/,
    rooms: ['plugins', 'actions', 'systemd', 'command.ts', 'child-program.ts'],
  },
  {
    what: 'the network',
    pattern: NETWORK,
    rooms: ['cloud', 'events', 'install', 'control'],
  },
  { what: 'process.exit', pattern: /process\.exit\(/, rooms: ['main.ts', 'cloud'] },
];

const files: string[] = [];
for await (const file of glob('{daemon,cli,plugin-sdk/typescript}/src/**/*.ts')) files.push(file);
const graph = await importGraph(files);
const faults = [
  ...files.flatMap((file) => (graph.get(file) ?? []).flatMap((target) => arrowFault(file, target))),
  ...files.flatMap(reservedFaults),
  ...cycles(graph),
];
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;

async function importGraph(entryPoints: string[]): Promise<Map<string, string[]>> {
  const { metafile } = await build({
    entryPoints,
    bundle: true,
    write: false,
    metafile: true,
    outdir: 'dist',
    platform: 'node',
    format: 'esm',
    packages: 'external',
    external: ['*.js'],
    logLevel: 'error',
  });
  return new Map(
    Object.entries(metafile.inputs).map(([file, input]) => [file, input.imports.map((target) => target.path)]),
  );
}

function roomOf(file: string): { part: string; room: string } {
  const [part = '', ...rest] = file.split('/');
  const [, first = '', second] = part === 'plugin-sdk' ? rest : ['', rest[1], rest[2]];
  if (second !== undefined) return { part, room: first };
  return { part, room: part === 'daemon' && MAIN_FILES.includes(first) ? 'main' : 'leaf' };
}

function arrowFault(file: string, target: string): string[] {
  if (!target.includes('/src/')) {
    if (!target.startsWith('@cloudsnooze/daemon') || file.startsWith('daemon/')) return [];
    if (file.startsWith('plugin-sdk/')) return [`${file} imports ${target}: plugin-sdk imports nothing of the daemon`];
    if (CLI_MAY_IMPORT.test(target) || (file.startsWith(AUTHORS_ROOM) && AUTHORS_MAY_IMPORT.test(target))) return [];
    return [`${file} imports ${target}: only the control client, and in ${AUTHORS_ROOM} the plugin host`];
  }
  const from = roomOf(file);
  const to = roomOf(target);
  if (from.part !== to.part) return [`${file} imports ${target}: go through the package's exports`];
  if (from.part !== 'daemon' || from.room === to.room || to.room === 'leaf') return [];
  if (DAEMON_ARROWS[from.room]?.includes(to.room)) return [];
  return [`${file} imports ${target}: ${from.room} may not import ${to.room}`];
}

function reservedFaults(file: string): string[] {
  const [part, , first = ''] = file.split('/');
  const text = readFileSync(file, 'utf8');
  if (part !== 'daemon')
    return NETWORK.test(text) ? [`${file} reaches the network: only the daemon may, and its control client`] : [];
  if (first === 'idle' && /['"]node:/.test(text)) return [`${file} imports of Node: idle does no input and output`];
  return RESERVED.filter(({ pattern, rooms }) => !rooms.includes(first) && pattern.test(text)).map(
    ({ what, rooms }) => `${file} reaches ${what}: only ${rooms.join(', ')} may`,
  );
}

function cycles(imports: Map<string, string[]>): string[] {
  const found: string[] = [];
  const finished = new Set<string>();
  const visit = (file: string, path: readonly string[]) => {
    const start = path.indexOf(file);
    if (start >= 0) {
      found.push(`import cycle: ${[...path.slice(start), file].join(' → ')}`);
      return;
    }
    if (finished.has(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...path, file]);
    finished.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return found;
}
