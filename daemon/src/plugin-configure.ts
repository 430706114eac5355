import { isDeepStrictEqual } from 'node:util';
import { asWritten } from './config/shown.ts';
import type { Configuration } from './configuration.ts';
import type { ControlHandlers } from './control/server.ts';
import { SnoozeError } from './errors.ts';
import type { PluginHost } from './plugins/host.ts';
import { resolvePluginConfig, schemaOf } from './plugins/manifest/config-schema.ts';
import { ownConfigOf } from './plugins/manifest/instance-spec.ts';
import type { Manifest } from './plugins/manifest/manifest.ts';

export type PluginConfigureParts = { plugins: PluginHost; configuration: Configuration };

/**
 * Changes the configuration of one instance, all of it or nothing: what does not fit the plugin's schema is not written.
 * It takes effect at once, in a plugin that runs without a restart where it can do that.
 */
export function pluginConfigure({ plugins, configuration }: PluginConfigureParts): ControlHandlers['plugin.configure'] {
  return async ({ name, settings }, caller) => {
    const cause = await caller.cause('snooze plugin configure');
    const { manifest } = usedBy(name, settings, plugins);
    const given = configuration.current().plugins.plugin_configs[name];
    const next: Record<string, unknown> = { ...given };
    for (const { key, text } of settings) {
      if (!/^[\w-]+$/.test(key))
        throw new SnoozeError('SNOOZE_E_USAGE', `${key}: this is no key of a plugin's configuration`);
      if (text === null) delete next[key];
      else next[key] = parseText(text, schemaOf(manifest.config_schema), key);
    }
    const after = { ...next, ...resolvePluginConfig(manifest, name, ownConfigOf(next)) };
    const before = { ...given, ...resolvedOrAsItIs(manifest, name, given) };
    const shownBefore = shownOf(configuration, name, before);
    const changed = settings.filter(({ key }) => !isDeepStrictEqual(next[key], given?.[key]));
    const place = `plugins.plugin_configs.${name}`;
    // An instance that the configuration names is in use, unless it says otherwise.
    const unused: [string, unknown][] = given === undefined ? [[`${place}.enabled`, false]] : [];
    if (changed.length > 0) {
      const entries = changed.map(({ key }): [string, unknown] => [`${place}.${key}`, next[key]]);
      await configuration.setAll([...unused, ...entries], cause);
    }
    const shownAfter = shownOf(configuration, name, after);
    return {
      changes: changed.map(({ key }) => ({ key, before: shownBefore[key] ?? null, after: shownAfter[key] ?? null })),
      summary: plugins.info(name).summary,
    };
  };
}

/** A name that is new becomes one more use of the plugin that it names. */
function usedBy(
  name: string,
  settings: readonly { key: string; text: string | null }[],
  plugins: PluginHost,
): ReturnType<PluginHost['info']> {
  const plugin = settings.find(({ key }) => key === 'plugin')?.text ?? undefined;
  if (plugin === undefined) return plugins.info(name);
  const found = plugins.info(plugin);
  if (found.manifest.name === plugin) return found;
  throw new SnoozeError('SNOOZE_E_PLUGIN_UNKNOWN', `${plugin} is no plugin, but a use of ${found.manifest.name}`, {
    hint: `type: snooze plugin configure ${name} plugin=${found.manifest.name}`,
  });
}

/** What there is already may be wrong: then it is mended now. */
function resolvedOrAsItIs(
  manifest: Manifest,
  name: string,
  given: Record<string, unknown> = {},
): Record<string, unknown> {
  try {
    return resolvePluginConfig(manifest, name, ownConfigOf(given));
  } catch {
    return given;
  }
}

/** Variables stay names: what they hold may be a password. */
function shownOf(configuration: Configuration, name: string, values: object): Record<string, unknown> {
  return asWritten(values, configuration.loaded().shown.plugins.plugin_configs[name]) as Record<string, unknown>;
}

/** A word for a text of the schema is that text, even if it looks like a number; anything else is JSON where it can be. */
function parseText(text: string, schema: Record<string, unknown> | undefined, key: string): unknown {
  const properties = (schema?.['properties'] ?? {}) as Record<string, { type?: unknown } | undefined>;
  if (properties[key]?.type === 'string' && !text.startsWith('"')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text; // a bare word is text
  }
}
