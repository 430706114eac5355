/** Bundles daemon and CLI as the packages ship them: one file for what always runs, the rest in files of their own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * Node's flags for the packaged daemon. Its work is a millisecond a minute, which no compiler ever repays: without any
 * it is 15 MiB smaller, and no thread of theirs wakes up. A heap that begins small loses the garbage of the start at once,
 * not after a minute; a thread for a plugin collects its own itself. Not `--jitless` or `--lite-mode`, which have no WebAssembly:
 * native plugins in TypeScript need it.
 */
export const PACKAGED_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--no-sparkplug',
  '--no-maglev',
  '--no-opt',
  '--optimize-for-size',
  '--single-threaded',
  '--initial-heap-size=1',
  '--max-semi-space-size=1',
  '--expose-gc',
];
/** One arena of glibc's for all threads: one of its own keeps 0.5 MiB in each thread that nobody uses. */
export const PACKAGED_ENVIRONMENT = { MALLOC_ARENA_MAX: '1' };
export const SOURCE_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=1'];

/** What native plugins run in that have a thread of their own, and what makes them ready for it, beside whatever starts them. */
const WORKER = {
  'worker-entry': 'daemon/src/plugins/runners/worker-entry.ts',
  'strip-types-program': 'daemon/src/plugins/runners/strip-types-program.ts',
};

/** Writes `snoozed.js`, the programs that call clouds and what they load when it is needed to a folder. */
export async function bundleDaemon(directory: string): Promise<void> {
  await bundle(directory, {
    snoozed: 'daemon/src/main.ts',
    'ec2-process': 'daemon/src/cloud/aws/ec2-process.ts',
    'queue-process': 'daemon/src/cloud/aws/queue-process.ts',
    'rest-process': 'daemon/src/cloud/rest-process.ts',
    ...WORKER,
  });
}

/** Writes `snooze.js` and what it loads when it is needed to a folder. */
export async function bundleCli(directory: string): Promise<void> {
  await bundle(directory, { snooze: 'cli/src/main.ts', ...WORKER });
}

/** Writes the bench of the daemon's parts, `bench-parts.js`, beside it. */
export async function bundleBench(directory: string): Promise<void> {
  await bundle(directory, { 'bench-parts': 'bench/parts.ts' });
}

async function bundle(directory: string, entryPoints: Record<string, string>): Promise<void> {
  await build({
    entryPoints,
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    outdir: directory,
    bundle: true,
    splitting: true,
    // The text of the bundle stays in memory.
    minifyWhitespace: true,
    minifySyntax: true,
    chunkNames: 'part-[hash]',
    platform: 'node',
    format: 'esm',
    target: 'node26',
    // jsonc-parser's CommonJS build hides its own files from a bundler.
    mainFields: ['module', 'main'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url), __dirname = import.meta.dirname ?? '/';",
    },
    logLevel: 'warning',
  });
  // Without it Node reads the whole of snoozed.js twice, because it first takes it for CommonJS.
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
}
