import type { Arguments } from './arguments.ts';
import { systemClock } from './clock.ts';
import { loadConfig } from './config/load.ts';
import { locations } from './config/locations.ts';
import { createLogger } from './logger.ts';
import { lockStateDirectory } from './store/lock.ts';
import { openStore } from './store/open.ts';
import { openNotify } from './systemd/notify.ts';

/** What a daemon has to have before any part of it can be made. */
export type Opened = ReturnType<typeof openState>;

/**
 * Reads the configuration, and takes the state directory for this process.
 * @throws SnoozeError when the configuration is not valid, or the state directory cannot be used or is in use.
 */
export function openState(typed: Arguments, environment: NodeJS.ProcessEnv) {
  const clock = systemClock;
  const { configFile: file, configFileRequired: fileRequired, stateDirectory, socket } = locations(typed, environment);
  const options = { file, fileRequired, environment, flags: typed.overrides };
  const first = loadConfig(options);
  const log = createLogger(first.config.logging.level, first.config.logging.format);
  const lock = lockStateDirectory(stateDirectory);
  const store = openStore({ stateDirectory, clock, log });
  const notify = openNotify(environment, clock, log);
  return {
    clock,
    environment,
    options,
    first,
    stateDirectory,
    socket,
    log,
    store,
    notify,
    close() {
      store.close();
      notify.close();
      lock.release();
    },
  };
}
