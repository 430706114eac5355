import { systemClock } from '../../../src/clock.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createPluginHost } from '../../../src/plugins/manager.ts';

/** Starts all plugins of a folder that must be sandboxed, and prints each with its state, and what was warned of. */
const [directory = ''] = process.argv.slice(2);
const { config } = loadConfig({ file: `${directory}/snooze.json`, fileRequired: true, environment: {}, flags: {} });
const warn = (_: object, message: string) => console.log(message);
const log = { debug() {}, info() {}, warn, error: warn };
const folders = { searchPath: () => [directory], stateDirectory: `${directory}/state`, environment: process.env };
const history = { add() {}, list: () => [] };
const host = createPluginHost({ ...folders, config: () => config, clock: systemClock, log, history });
await host.start();
for (const { instance, state, last_error: error } of host.list()) console.log(`${instance} ${state}: ${error}`);
await host.stop('the test', 400);
