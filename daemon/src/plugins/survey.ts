import type { Config } from '../config/config.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { History } from '../store/store.ts';
import { resolveDependencies } from './dependencies.ts';
import { type BadPlugin, discoverPlugins, type FoundPlugin } from './discover.ts';
import { type InstanceSpec, isEnabled, pluginOf, resolveInstance } from './instance-spec.ts';
import type { Impossible } from './not-running.ts';

/** What the folders hold and what the configuration makes of it. */
export type Survey = {
  plugins: ReadonlyMap<string, FoundPlugin>;
  problems: readonly BadPlugin[];
  /** Every instance that the configuration wants and that can be tried. */
  specs: readonly InstanceSpec[];
  impossible: readonly Impossible[];
};

export const NOTHING_FOUND: Survey = { plugins: new Map(), problems: [], specs: [], impossible: [] };

/** Looks at the plugin folders, and resolves every instance that is wanted; messages quote `shown`. */
export function survey(config: Config, searchPath: readonly string[], shown?: Config): Survey {
  const { plugins, problems } = discoverPlugins(searchPath);
  const wanted: InstanceSpec[] = [];
  const impossible: Impossible[] = [];
  for (const instance of Object.keys(config.plugins.plugin_configs)) {
    if (!isEnabled(instance, config)) continue;
    const plugin = pluginOf(instance, config);
    const found = plugins.get(plugin);
    try {
      if (found === undefined) throw noPlugin(plugin, problems, searchPath);
      wanted.push(resolveInstance(instance, found, config, shown));
    } catch (error) {
      impossible.push({ instance, plugin, directory: found?.directory ?? '', message: messageOf(error) });
    }
  }
  const { specs, refused } = resolveDependencies(wanted, { installed: new Set(plugins.keys()), impossible });
  return { plugins, problems, specs, impossible: [...impossible, ...refused] };
}

/** Says what is new in a survey; what was wrong before has been said. */
export function tellSurvey(before: Survey, now: Survey, { log, history }: { log: Log; history: History }): void {
  for (const { message } of now.problems)
    if (!before.problems.some((known) => known.message === message)) log.warn({}, message);
  for (const { instance, message } of now.impossible) {
    if (before.impossible.some((known) => known.instance === instance && known.message === message)) continue;
    log.warn({ plugin: instance }, message);
    history.add({ kind: 'plugin', cause: `plugin ${instance}`, summary: `${instance} is failed: ${message}` });
  }
}

function noPlugin(plugin: string, problems: readonly BadPlugin[], searchPath: readonly string[]): SnoozeError {
  const bad = problems.find(({ name }) => name === plugin);
  if (bad) return new SnoozeError('SNOOZE_E_MANIFEST_INVALID', bad.message);
  return new SnoozeError('SNOOZE_E_PLUGIN_UNKNOWN', `there is no plugin ${plugin} in ${searchPath.join(', ')}`, {
    hint: 'install it: snooze plugin install PATH',
  });
}
