/** Bundles the daemon as the packages ship it: one file for what always runs, the cloud SDK in a file of its own. */
import { build } from 'esbuild';

/**
 * Node's flags for the packaged daemon. Its work is a millisecond a minute, which no JIT ever repays: without one it is
 * 10 MiB smaller. The sources cannot do without: stripping their types needs WebAssembly.
 */
export const PACKAGED_FLAGS = ['--disable-warning=ExperimentalWarning', '--lite-mode', '--max-semi-space-size=1'];
export const SOURCE_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=1'];

/** Writes `snoozed.js`, `ec2-process.js` and what they load when it is needed to a folder. */
export async function bundleDaemon(directory: string): Promise<void> {
  await bundle(directory, { snoozed: 'daemon/src/main.ts', 'ec2-process': 'daemon/src/cloud/aws/ec2-process.ts' });
}

/** Writes the bench of the daemon's parts, `bench-parts.js`, beside it. */
export async function bundleBench(directory: string): Promise<void> {
  await bundle(directory, { 'bench-parts': 'bench/parts.ts' });
}

async function bundle(directory: string, entryPoints: Record<string, string>): Promise<void> {
  await build({
    entryPoints,
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
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
}
