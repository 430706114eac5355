import type { Config } from '../config/config.ts';
import type { Fleet } from './fleet.ts';
import type { PluginHost, PluginSummary } from './host.ts';
import type { Instance } from './instance/instance.ts';
import { pluginOf } from './manifest/instance-spec.ts';
import { disabledSummary, impossibleSummary, unknownPlugin } from './not-running.ts';
import { RUNS_ON, type Survey } from './survey.ts';

/** What is known of plugins, and what is wanted of them. */
export type Known = { fleet: Fleet; found: Survey; config: Config };

const URGENCY: readonly (PluginSummary['state'] | 'degraded')[] = [
  'failed',
  'degraded',
  'unloaded',
  'loaded',
  'initialized',
  'running',
  'stopped',
  'disabled',
];

/**
 * Every instance, what cannot even be tried, what is turned off, and every plugin of which there is no instance; those
 * that failed first, those out of use last, else by name.
 */
export function listAll({ fleet, found, config }: Known): PluginSummary[] {
  const { impossible, plugins } = found;
  const inUse = fleet.all().map((instance) => summaryOf(instance, found));
  const listed = [...inUse, ...impossible.map(impossibleSummary)];
  for (const instance of Object.keys(config.plugins.plugin_configs)) {
    const plugin = plugins.get(pluginOf(instance, config));
    const isListed = listed.some((one) => one.instance === instance);
    if (plugin !== undefined && !isListed) listed.push(disabledSummary(plugin, instance));
  }
  const used = new Set(listed.map(({ plugin }) => plugin));
  const unused = [...plugins.values()].filter(({ manifest }) => !used.has(manifest.name));
  return [...listed, ...unused.map((plugin) => disabledSummary(plugin))].sort(
    (a, b) => urgencyOf(a) - urgencyOf(b) || a.instance.localeCompare(b.instance),
  );
}

function urgencyOf({ state, degraded }: PluginSummary): number {
  return URGENCY.indexOf(degraded === null ? state : 'degraded');
}

/**
 * All that is known of one instance, or of one plugin that is not in use.
 * @throws SnoozeError SNOOZE_E_PLUGIN_UNKNOWN
 */
export function infoOn(name: string, { fleet, found, config }: Known): ReturnType<PluginHost['info']> {
  const instance = fleet.get(name);
  if (instance !== undefined) {
    const { manifest, config: resolved } = instance.spec();
    return { summary: summaryOf(instance, found), manifest, config: resolved };
  }
  const plugin = found.plugins.get(pluginOf(name, config));
  const failed = found.impossible.find((one) => one.instance === name);
  const bad = found.problems.find((one) => one.name === name);
  if (plugin === undefined) throw unknownPlugin(name, (failed ?? bad)?.message, listAll({ fleet, found, config }));
  const summary = failed ? impossibleSummary(failed) : disabledSummary(plugin, name);
  return { summary, manifest: plugin.manifest, config: config.plugins.plugin_configs[name] ?? {} };
}

/** An instance that runs with what could be read last is in trouble, though it does not know. */
function summaryOf(instance: Instance, { unread }: Survey): PluginSummary {
  const summary = instance.summary();
  const fault = unread.find((one) => one.instance === summary.instance);
  return fault === undefined ? summary : { ...summary, degraded: `${RUNS_ON}: ${fault.message}` };
}
