/** Bundles the daemon as the packages ship it: one file for what always runs, the cloud SDK in a file of its own. */
import { build } from 'esbuild';

/** Writes `snoozed.js`, `ec2-process.js` and what they load when it is needed to a folder. */
export async function bundleDaemon(directory: string): Promise<void> {
  await build({
    entryPoints: { snoozed: 'daemon/src/main.ts', 'ec2-process': 'daemon/src/cloud/aws/ec2-process.ts' },
    outdir: directory,
    bundle: true,
    splitting: true,
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
