import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandRunner } from './command.ts';
import { pluginsDirectory } from './config/locations.ts';
import { asWritten } from './config/shown.ts';
import type { Configuration } from './configuration.ts';
import type { ControlHandlers } from './control/server.ts';
import { SnoozeError } from './errors.ts';
import { installPackage, uninstallPackage } from './install/install.ts';
import { LARGEST_PACKAGE_BYTES } from './install/read-tarball.ts';
import type { PluginCare } from './plugin-care.ts';
import type { PluginHost, PluginSummary } from './plugins/host.ts';
import type { History } from './store/store.ts';

export type PluginMethodParts = {
  plugins: PluginHost;
  configuration: Configuration;
  history: History;
  stateDirectory: string;
  run: CommandRunner;
  /** Looks at the host again, with the plugins that there are now. */
  lookSoon: () => void;
};

type PluginMethods = Omit<Pick<ControlHandlers, Extract<keyof ControlHandlers, `plugin.${string}`>>, keyof PluginCare>;

/** What the control socket can do with plugins. */
export function pluginMethods(parts: PluginMethodParts): PluginMethods {
  const { plugins, configuration, history, lookSoon } = parts;
  const directory = pluginsDirectory(parts.stateDirectory);
  const uploads = new Map<string, { file: string; source: string }>();

  const uploadOf = (id: string) => {
    const upload = uploads.get(id);
    if (upload === undefined) throw new SnoozeError('SNOOZE_E_INSTALL', `there is no upload ${id}`);
    return upload;
  };
  const summaryOf = (name: string): PluginSummary => plugins.info(name).summary;

  /** The configuration is what keeps a plugin enabled over a restart. */
  const setEnabled = async (name: string, enabled: boolean, cause: string) => {
    await configuration.set(`plugins.plugin_configs.${name}.enabled`, enabled, cause);
    await plugins.reload();
    lookSoon();
  };

  return {
    'plugin.list': () => plugins.list(),
    'plugin.info'({ name }) {
      const { config, ...found } = plugins.info(name);
      const shown = asWritten(config, configuration.loaded().shown.plugins.plugin_configs[name]);
      return { ...found, config: shown as typeof config };
    },
    'plugin.install.begin'({ source }) {
      const upload = randomUUID();
      const folder = join(parts.stateDirectory, 'uploads');
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      uploads.set(upload, { file: join(folder, upload), source });
      return { upload };
    },
    'plugin.install.chunk'({ upload, base64 }) {
      const { file } = uploadOf(upload);
      appendFileSync(file, Buffer.from(base64, 'base64'), { mode: 0o640 });
      if (statSync(file).size <= LARGEST_PACKAGE_BYTES) return {};
      rmSync(file);
      uploads.delete(upload);
      throw new SnoozeError('SNOOZE_E_INSTALL', `the package has more than ${LARGEST_PACKAGE_BYTES} bytes`);
    },
    async 'plugin.install.finish'({ upload }) {
      const { file, source } = uploadOf(upload);
      uploads.delete(upload);
      try {
        const { manifest, directory: where, replaced } = await installPackage(file, directory, parts.run);
        const version = replaced === null ? '' : `, in the place of ${replaced}`;
        history.add({
          kind: 'plugin',
          cause: 'snooze plugin install',
          summary: `${manifest.name} ${manifest.version} installed from ${source}${version}`,
        });
        await plugins.reload();
        lookSoon();
        return { manifest, directory: where, replaced, notes: [] };
      } finally {
        rmSync(file, { force: true });
      }
    },
    async 'plugin.uninstall'({ name }) {
      const found = plugins.list().find(({ instance, plugin }) => instance === name || plugin === name);
      const users = plugins.list().filter(({ plugin, enabled }) => plugin === name && enabled);
      for (const { instance } of users) await setEnabled(instance, false, 'snooze plugin uninstall');
      const removed = uninstallPackage(name, directory, found?.directory);
      history.add({ kind: 'plugin', cause: 'snooze plugin uninstall', summary: `${name} removed` });
      await plugins.reload();
      return { directory: removed };
    },
    async 'plugin.enable'({ name }) {
      const wasEnabled = summaryOf(name).enabled;
      await setEnabled(name, true, 'snooze plugin enable');
      try {
        const first = await plugins.tryOut(name);
        return { summary: summaryOf(name), first };
      } catch (error) {
        if (!wasEnabled) await setEnabled(name, false, 'snooze plugin enable: it did not start');
        throw error;
      }
    },
    async 'plugin.disable'({ name }) {
      summaryOf(name);
      await setEnabled(name, false, 'snooze plugin disable');
      return { summary: summaryOf(name) };
    },
  };
}
