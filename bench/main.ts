/** `npm run bench [-- NAME …]`: prints each figure with the command that measures it and the goal it is held against. */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { bundleDaemon } from '../scripts/bundle.ts';
import type { Form } from './daemon.ts';
import { idleCost } from './idle-cost.ts';
import { memory } from './memory.ts';
import { pluginRound, roundTrip } from './plugins.ts';
import { sampling } from './sampling.ts';
import { start } from './start.ts';

/** One measurement: prints its lines through `say`. */
export type Bench = (forms: readonly Form[], say: (line: string) => void) => Promise<void>;

const BENCHES: Record<string, Bench> = {
  sampling,
  start,
  memory,
  'round-trip': roundTrip,
  'plugin-round': pluginRound,
  'idle-cost': idleCost,
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !(name in BENCHES));
if (unknown === undefined) await run(asked.length > 0 ? asked : Object.keys(BENCHES));
else {
  console.error(`bench: there is no ${unknown}; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exitCode = 2;
}

async function run(names: readonly string[]): Promise<void> {
  const directory = mkdtempSync('dist-bench-');
  try {
    await bundleDaemon(directory);
    const forms: Form[] = [
      { name: 'bundle', program: join(directory, 'snoozed.js') },
      { name: 'sources', program: 'daemon/src/main.ts' },
    ];
    console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}`);
    for (const name of names) {
      console.log(`\nnpm run bench -- ${name}`);
      await BENCHES[name]?.(forms, (line) => console.log(`  ${line}`));
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
