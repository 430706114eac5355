import type { ControlHandlers } from './control/server.ts';
import type { PluginHost } from './plugins/host.ts';

export type PluginCareParts = {
  plugins: PluginHost;
  /** Looks at the host again, with the plugins as they are now. */
  lookSoon: () => void;
};

export type PluginCare = Pick<ControlHandlers, 'plugin.restart' | 'plugin.diagnose' | 'plugin.run'>;

/** What the control socket can do with plugins that are in use. */
export function pluginCare({ plugins, lookSoon }: PluginCareParts): PluginCare {
  return {
    async 'plugin.restart'({ name }) {
      await plugins.restart(name, 'snooze plugin restart');
      lookSoon();
      const first = await plugins.tryOut(name);
      return { summary: plugins.info(name).summary, first };
    },
    'plugin.diagnose': ({ name, categories }, signal) => plugins.diagnose(name, categories, signal),
    'plugin.run': ({ name, command, args }, signal) => plugins.runCommand(name, { command, args }, signal),
  };
}
