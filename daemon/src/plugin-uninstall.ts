import type { Config } from './config/config.ts';
import type { Configuration } from './configuration.ts';
import type { ControlHandlers } from './control/server.ts';
import type { Installer } from './install/install.ts';
import type { PluginHost } from './plugins/host.ts';
import { isEnabled, pluginOf } from './plugins/manifest/instance-spec.ts';
import type { Store } from './store/store.ts';

export type PluginUninstallParts = {
  plugins: PluginHost;
  installer: Installer;
  configuration: Configuration;
  store: Pick<Store, 'history' | 'keyValue'>;
  /** Looks at the host again, with the plugins that there are now. */
  lookSoon: () => void;
};

/**
 * Removes a plugin. What its instances were configured with and have kept stays for the next time, or goes, too. Of a
 * name that is only one use of a plugin, that use is removed.
 */
export function pluginUninstall(parts: PluginUninstallParts): ControlHandlers['plugin.uninstall'] {
  const { plugins, installer, configuration, store, lookSoon } = parts;
  return async ({ name, purge = false }, caller) => {
    installer.checkName(name);
    const cause = await caller.cause(`snooze plugin uninstall${purge ? ' --purge' : ''}`);
    const config = configuration.current();
    const plugin = pluginOf(name, config);
    const isUse = plugin !== name && installer.manifestOf(name) === undefined;
    const instances = isUse ? [name] : instancesOf(name, config);
    const found = plugins.list().find(({ instance, plugin }) => instance === name || plugin === name);
    const kept = instances
      .flatMap((instance) => keptBy(instance, parts))
      .filter((one) => !isUse || one !== keyOf(name));
    // What an earlier uninstall has kept can go without the plugin.
    const isInstalled = !isUse && (installer.manifestOf(name) !== undefined || !purge || kept.length === 0);
    if (isInstalled) installer.checkInstalled(name, found?.directory || undefined);
    const what = isUse ? `${name}, a use of ${plugin},` : name;
    const summary = `${what} is removed${purge ? ', with all that it has kept' : ''}`;
    store.history.add({ kind: 'plugin', cause, summary });
    const entries = purge || isUse ? withoutThem(instances, config) : disabled(instances, config);
    if (entries.length > 0) await configuration.setAll(entries, cause);
    const directory = isInstalled ? installer.uninstall(name) : null;
    await plugins.reload();
    lookSoon();
    const useOf = isUse ? plugin : null;
    if (!purge) return { directory, kept, use_of: useOf };
    for (const instance of instances) {
      plugins.forget(instance);
      store.keyValue.forget(instance);
    }
    return { directory, kept: [], use_of: useOf };
  };
}

type Entries = Parameters<Configuration['setAll']>[0];

const keyOf = (instance: string) => `plugins.plugin_configs.${instance}`;

function disabled(instances: readonly string[], config: Config): Entries {
  return instances.filter((one) => isEnabled(one, config)).map((one) => [`${keyOf(one)}.enabled`, false]);
}

function withoutThem(instances: readonly string[], config: Config): Entries {
  return instances.filter((one) => one in config.plugins.plugin_configs).map((one) => [keyOf(one), undefined]);
}

/** Every use of a plugin that the configuration knows, and the one under its own name. */
function instancesOf(plugin: string, config: Config): string[] {
  const named = Object.keys(config.plugins.plugin_configs).filter((instance) => pluginOf(instance, config) === plugin);
  // its own name may be used for another plugin
  return pluginOf(plugin, config) === plugin ? [...new Set([plugin, ...named])] : named;
}

/** What an instance keeps, in words: where its configuration, its files and its keys are. */
function keptBy(instance: string, { plugins, configuration, store }: PluginUninstallParts): string[] {
  const keys = store.keyValue.keys(instance, '').length;
  return [
    ...(instance in configuration.current().plugins.plugin_configs ? [keyOf(instance)] : []),
    ...plugins.keptBy(instance),
    ...(keys === 0 ? [] : [`${keys} ${keys === 1 ? 'key' : 'keys'} of ${instance}`]),
  ];
}
