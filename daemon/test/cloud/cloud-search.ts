import { systemClock } from '../../src/clock.ts';
import type { CloudSearch } from '../../src/cloud/provider.ts';
import { runCommand } from '../../src/command.ts';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { configWith } from './config-with.ts';

/** What a cloud may look at, on a host of these files alone. */
export function cloudSearch(environment: NodeJS.ProcessEnv, files: Record<string, string> = {}): CloudSearch {
  const say = () => {};
  return {
    config: () => configWith({}),
    environment: { ...COMPILE_CACHE, ...environment },
    clock: systemClock,
    log: { debug: say, info: say, warn: say, error: say },
    run: runCommand,
    readFile: (path) => files[path],
  };
}
