/** `npm run bench [-- NAME …]`: prints each figure with the command that measures it and the goal it is held against. */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleBench, bundleDaemon, PACKAGED_ENVIRONMENT, PACKAGED_FLAGS, SOURCE_FLAGS } from '../scripts/bundle.ts';
import { attacks } from './attacks.ts';
import { endDaemons, type Form } from './daemon.ts';
import { events } from './events.ts';
import { idleCost } from './idle-cost.ts';
import { inProcess } from './in-process.ts';
import { memory } from './memory.ts';
import { notice } from './notice.ts';
import { pollers } from './pollers.ts';
import { start } from './start.ts';

/** One measurement: prints its lines through `say`. */
export type Bench = (forms: readonly Form[], say: (line: string) => void) => Promise<void>;

const BENCHES: Record<string, Bench> = {
  sampling: inProcess('sampling'),
  start,
  memory,
  'round-trip': inProcess('round-trip'),
  'plugin-round': inProcess('plugin-round'),
  sandbox: inProcess('sandbox'),
  languages: inProcess('languages'),
  'plugin-memory': inProcess('plugin-memory'),
  'worker-memory': inProcess('worker-memory'),
  attacks,
  notice,
  events,
  pollers,
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
  const directory = mkdtempSync(join(tmpdir(), 'snooze-bench-'));
  // All that a bench writes lies in there, and goes with it however the bench ends.
  process.env['TMPDIR'] = directory;
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once('SIGINT', () => {
    remove();
    process.exit(130);
  });
  try {
    await bundleDaemon(directory);
    await bundleBench(directory);
    const forms: Form[] = [
      {
        name: 'bundle',
        program: join(directory, 'snoozed.js'),
        flags: PACKAGED_FLAGS,
        environment: PACKAGED_ENVIRONMENT,
      },
      { name: 'sources', program: 'daemon/src/main.ts', flags: SOURCE_FLAGS, environment: {} },
    ];
    console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}`);
    for (const name of names) {
      console.log(`\nnpm run bench -- ${name}`);
      await BENCHES[name]?.(forms, (line) => console.log(`  ${line}`));
    }
  } finally {
    await endDaemons();
    remove();
  }
}
