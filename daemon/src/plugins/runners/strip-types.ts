import { fileURLToPath } from 'node:url';
import { runCommand } from '../../command.ts';

/** Beside this file, as a source and as it is packaged. */
const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './strip-types-program.ts' : './strip-types-program.js', import.meta.url),
);
const OPTIONS = { timeoutMs: 10_000, outputLimitBytes: 16 * 1024 * 1024, sharesGroup: true };
let before: Promise<unknown> = Promise.resolve();

/**
 * What is in TypeScript in a plugin's folder, as JavaScript by its URL. Node's own stripper takes 10 MiB in each thread
 * for as long as it lives; here it is in a process that ends, one at a time. Without an entry is what it cannot take:
 * Node says why when the file is loaded.
 */
export function stripTypes(directory: string): Promise<ReadonlyMap<string, string>> {
  const stripped = before.then(() => stripNow(directory)).catch(() => new Map<string, string>());
  before = stripped;
  return stripped;
}

async function stripNow(directory: string): Promise<ReadonlyMap<string, string>> {
  const { exitCode, stdout } = await runCommand(process.execPath, [PROGRAM, directory], OPTIONS);
  return new Map(exitCode === 0 ? (JSON.parse(stdout) as [string, string][]) : []); // one that was cut is no JSON
}
