import type { Config } from '../config/config.ts';
import type { Fleet } from './fleet.ts';
import type { PluginHost, PluginSummary } from './host.ts';
import { pluginOf } from './instance-spec.ts';
import { disabledSummary, impossibleSummary, unknownPlugin } from './not-running.ts';
import type { Survey } from './survey.ts';

/** Every instance, what cannot even be tried, and every plugin that is not in use. */
export function listAll(fleet: Fleet, { impossible, plugins }: Survey): PluginSummary[] {
  const listed = [...fleet.all().map((instance) => instance.summary()), ...impossible.map(impossibleSummary)];
  const used = new Set(listed.map(({ plugin }) => plugin));
  const unused = [...plugins.values()].filter(({ manifest }) => !used.has(manifest.name));
  return [...listed, ...unused.map(({ manifest, directory }) => disabledSummary(manifest, directory))];
}

/**
 * All that is known of one instance, or of one plugin that is not in use.
 * @throws SnoozeError SNOOZE_E_PLUGIN_UNKNOWN
 */
export function infoOn(
  name: string,
  { fleet, found, config }: { fleet: Fleet; found: Survey; config: Config },
): ReturnType<PluginHost['info']> {
  const instance = fleet.get(name);
  if (instance !== undefined) {
    const { manifest, config: resolved } = instance.spec();
    return { summary: instance.summary(), manifest, config: resolved };
  }
  const plugin = found.plugins.get(pluginOf(name, config));
  const failed = found.impossible.find((one) => one.instance === name);
  if (plugin === undefined) throw unknownPlugin(name, failed?.message);
  const summary = failed ? impossibleSummary(failed) : disabledSummary(plugin.manifest, plugin.directory);
  return { summary, manifest: plugin.manifest, config: config.plugins.plugin_configs[name] ?? {} };
}
