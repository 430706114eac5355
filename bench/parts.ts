/** The benches that need the daemon's parts in their own process; `in-process.ts` starts this with each form's flags. */
import { languages, memoryWithWorkers, workerMemory } from './languages.ts';
import { pluginRound, roundTrip } from './plugins.ts';
import { sampling } from './sampling.ts';
import { pluginMemory, sandbox } from './sandbox.ts';

const PARTS = {
  sampling,
  'round-trip': roundTrip,
  'plugin-round': pluginRound,
  sandbox,
  languages,
  'plugin-memory': pluginMemory,
  'worker-memory': workerMemory,
  'memory-with-workers': memoryWithWorkers,
};
await PARTS[process.argv[2] as keyof typeof PARTS]((line) => console.log(line));
