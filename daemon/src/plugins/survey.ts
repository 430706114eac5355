import type { Config } from '../config/config.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { History } from '../store/store.ts';
import { resolveDependencies } from './dependencies.ts';
import { type BadPlugin, discoverPlugins, type FoundPlugin } from './manifest/discover.ts';
import { type InstanceSpec, isEnabled, pluginOf, resolveInstance } from './manifest/instance-spec.ts';
import type { Impossible } from './not-running.ts';

/** Said of an instance that runs, and of which something cannot be read any more. */
export const RUNS_ON = 'runs on as it was';

/** What the folders hold and what the configuration makes of it. */
export type Survey = {
  plugins: ReadonlyMap<string, FoundPlugin>;
  problems: readonly BadPlugin[];
  /** Every instance that the configuration wants and that can be tried. */
  specs: readonly InstanceSpec[];
  impossible: readonly Impossible[];
  /** What of an instance that runs cannot be read any more: it runs on as it was, and is among `specs`. */
  unread: readonly Impossible[];
};

export type SurveyParts = {
  config: Config;
  /** The config as messages may quote it. */
  shown: Config | undefined;
  searchPath: readonly string[];
  /** How an instance runs that does. */
  running: (instance: string) => InstanceSpec | undefined;
  /** What was found the last time. */
  before: Survey;
};

export const NOTHING_FOUND: Survey = { plugins: new Map(), problems: [], specs: [], impossible: [], unread: [] };

/** Looks at the plugin folders, and resolves every instance that is wanted. */
export function survey({ config, shown, searchPath, running, before }: SurveyParts): Survey {
  const { plugins, problems } = discoverPlugins(searchPath);
  const wanted: InstanceSpec[] = [];
  const impossible: Impossible[] = [];
  const unread: Impossible[] = [];
  for (const instance of Object.keys(config.plugins.plugin_configs)) {
    if (!isEnabled(instance, config)) continue;
    const plugin = pluginOf(instance, config);
    const found = plugins.get(plugin);
    const bad = problems.find(({ name }) => name === plugin);
    try {
      if (found === undefined) throw noPlugin(plugin, bad, searchPath);
      wanted.push(resolveInstance(instance, found, config, shown));
    } catch (error) {
      const version = found?.manifest.version ?? versionIn(before, plugin);
      const directory = (found ?? bad)?.directory ?? '';
      const hint = error instanceof SnoozeError ? error.hint : undefined;
      const fault = { instance, plugin, version, directory, message: messageOf(error), hint };
      const asItRuns = isUnread(error) ? running(instance) : undefined;
      if (asItRuns?.manifest.name === plugin) {
        wanted.push(asItRuns);
        unread.push(fault);
      } else impossible.push(fault);
    }
  }
  const { specs, refused } = resolveDependencies(wanted, { installed: plugins, impossible });
  return { plugins, problems, specs, impossible: [...impossible, ...refused], unread };
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
  for (const { instance, message } of now.unread) {
    if (before.unread.some((known) => known.instance === instance && known.message === message)) continue;
    log.warn({ plugin: instance }, `${RUNS_ON}: ${message}`);
    history.add({ kind: 'plugin', cause: `plugin ${instance}`, summary: `${instance} ${RUNS_ON}: ${message}` });
  }
}

/** Of a plugin whose folder or manifest is gone. */
function versionIn({ plugins, impossible }: Survey, name: string): string {
  return plugins.get(name)?.manifest.version ?? impossible.find(({ plugin }) => plugin === name)?.version ?? '';
}

/** A manifest, or a configuration, that is there and wrong. */
function isUnread(error: unknown): boolean {
  return error instanceof SnoozeError && ['SNOOZE_E_MANIFEST_INVALID', 'SNOOZE_E_PLUGIN_CONFIG'].includes(error.code);
}

function noPlugin(plugin: string, bad: BadPlugin | undefined, searchPath: readonly string[]): SnoozeError {
  if (bad) return new SnoozeError('SNOOZE_E_MANIFEST_INVALID', bad.message);
  return new SnoozeError('SNOOZE_E_PLUGIN_UNKNOWN', `there is no plugin ${plugin} in ${searchPath.join(', ')}`, {
    hint: 'install it: snooze plugin install PATH',
  });
}
