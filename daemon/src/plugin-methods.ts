import { basename } from 'node:path';
import { asWritten } from './config/shown.ts';
import type { ControlHandlers } from './control/server.ts';
import type { InstalledPlugin } from './install/installed.ts';
import { type InstallMethodParts, installMethods } from './install-methods.ts';
import type { PluginCare } from './plugin-care.ts';
import { pluginConfigure } from './plugin-configure.ts';
import { type PluginUninstallParts, pluginUninstall } from './plugin-uninstall.ts';
import type { PluginSummary } from './plugins/host.ts';
import { describeSandbox } from './plugins/sandbox/enforcement.ts';

export type PluginMethodParts = InstallMethodParts & PluginUninstallParts;

type PluginMethods = Omit<Pick<ControlHandlers, Extract<keyof ControlHandlers, `plugin.${string}`>>, keyof PluginCare>;

/** What the control socket can do with plugins. */
export function pluginMethods(parts: PluginMethodParts): PluginMethods {
  const { plugins, installer, configuration, lookSoon } = parts;
  const summaryOf = (name: string): PluginSummary => plugins.info(name).summary;

  /** The configuration is what keeps a plugin enabled over a restart. */
  const setEnabled = async (name: string, enabled: boolean, cause: string) => {
    await configuration.set(`plugins.plugin_configs.${name}.enabled`, enabled, cause);
    await plugins.reload();
    lookSoon();
  };

  return {
    ...installMethods(parts),
    'plugin.configure': pluginConfigure(parts),
    'plugin.list': () => plugins.list(),
    async 'plugin.info'({ name }) {
      const { config, ...found } = plugins.info(name);
      const shown = asWritten(config, configuration.loaded().shown.plugins.plugin_configs[name]);
      const sandbox = await describeSandbox(found.manifest, configuration.current().plugins.sandbox);
      const installed = installedIn(found.summary.directory, installer);
      return { ...found, config: shown as typeof config, sandbox, installed };
    },
    'plugin.uninstall': pluginUninstall(parts),
    async 'plugin.enable'({ name }, caller) {
      const cause = await caller.cause('snooze plugin enable');
      // its folder may have come after the last look
      if (!plugins.list().some(({ instance, plugin }) => instance === name || plugin === name)) await plugins.reload();
      const wasEnabled = summaryOf(name).enabled;
      await setEnabled(name, true, cause);
      try {
        const first = await plugins.tryOut(name);
        return { summary: summaryOf(name), first };
      } catch (error) {
        if (!wasEnabled) await setEnabled(name, false, `${cause}: it did not start`);
        throw error;
      }
    },
    async 'plugin.disable'({ name }, caller) {
      summaryOf(name);
      await setEnabled(name, false, await caller.cause('snooze plugin disable'));
      return { summary: summaryOf(name) };
    },
  };
}

/** What is known of the version in a folder; nothing where snooze did not install it. */
function installedIn(directory: string, installer: InstallMethodParts['installer']): InstalledPlugin | null {
  try {
    return installer.installed().find(({ folder }) => folder === basename(directory)) ?? null;
  } catch {
    return null; // plugins.lock cannot be read, which is why the plugin does not start, and it says so
  }
}
