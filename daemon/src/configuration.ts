import type { Config, LoadedConfig } from './config/config.ts';
import { changedKeys } from './config/difference.ts';
import { getByKey, readText, setInText, writeWhole } from './config/edit.ts';
import { checkConfig, type LoadOptions, loadConfig } from './config/load.ts';
import { describeError, SnoozeError } from './errors.ts';
import type { Log } from './log.ts';
import type { History } from './store/store.ts';

/** The configuration in force, and the ways to change it. An invalid one never comes into force. */
export type Configuration = {
  current(): Config;
  loaded(): LoadedConfig;
  /** Where it is edited, whether or not the file exists. */
  file: string;
  /** Why the file on disk is not in force, if so. */
  error(): string | null;
  /**
   * Reads the file again; gives the keys that have changed.
   * @throws SnoozeError SNOOZE_E_CONFIG_*; then the last good one stays in force.
   */
  reload(cause: string): Promise<string[]>;
  /** Sets one key in the file (undefined removes it), checks the whole, and puts it in force. */
  set(key: string, value: unknown, cause: string): Promise<{ before: unknown; after: unknown }>;
  /** Like `set`, of several keys at once: all of them or none. */
  setAll(entries: readonly (readonly [string, unknown])[], cause: string): Promise<void>;
};

export type ConfigurationParts = {
  options: LoadOptions;
  first: LoadedConfig;
  history: History;
  log: Log;
  /** Brings what is running in line with the new configuration; none changed where somebody asked for it all the same. */
  apply: (changed: string[]) => Promise<void>;
};

/** Keeps the configuration; `first` is what the daemon started with. */
export function createConfiguration({ options, first, history, log, apply }: ConfigurationParts): Configuration {
  let loaded = first;
  let problem: string | null = null;

  const take = async (next: LoadedConfig, cause: string) => {
    const changed = changedKeys(loaded.config, next.config);
    problem = null;
    loaded = next;
    if (changed.length > 0) {
      const summary = `configuration changed: ${changed.join(', ')}`;
      history.add({ kind: 'config', cause, summary, details: { changed } });
      log.info({}, summary);
    }
    await apply(changed);
    return changed;
  };

  const setAll = async (entries: readonly (readonly [string, unknown])[], cause: string) => {
    const text = entries.reduce((before, [key, value]) => setInText(before, key, value), readText(options.file));
    const typed = entries.map(([key]) => key);
    const next = checkConfig(text, options, typed);
    for (const [key] of entries) {
      const winner = next.nameOf(key);
      if (winner === undefined) continue;
      const message = `${key} is set by ${winner} of snoozed, which wins over the file`;
      throw new SnoozeError('SNOOZE_E_CONFIG_INVALID', message, { hint: 'start snoozed without it' });
    }
    writeWhole(options.file, text);
    await take(next, cause);
  };

  return {
    current: () => loaded.config,
    loaded: () => loaded,
    file: options.file,
    error: () => problem,
    async reload(cause) {
      try {
        return await take(loadConfig(options), cause);
      } catch (error) {
        problem = describeError(error);
        log.error({}, `the configuration was not read again, the last good one stays in force: ${problem}`);
        throw error;
      }
    },
    async set(key, value, cause) {
      const before = getByKey(loaded.shown, key);
      await setAll([[key, value]], cause);
      return { before, after: getByKey(loaded.shown, key) };
    },
    setAll,
  };
}
