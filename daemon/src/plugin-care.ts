import type { Clock } from './clock.ts';
import type { ControlHandlers } from './control/server.ts';
import type { PluginHost } from './plugins/host.ts';
import { timeLimit } from './plugins/runners/time-limit.ts';

export type PluginCareParts = {
  plugins: PluginHost;
  /** Looks at the host again, with the plugins as they are now. */
  lookSoon: () => void;
  clock: Clock;
};

export type PluginCare = Pick<
  ControlHandlers,
  'plugin.restart' | 'plugin.diagnose' | 'plugin.run' | 'plugin.details' | 'plugin.logs' | 'plugin.slowlog'
>;

/** What the control socket can do with plugins that are in use. */
export function pluginCare({ plugins, lookSoon, clock }: PluginCareParts): PluginCare {
  return {
    async 'plugin.restart'({ name }, caller) {
      await plugins.restart(name, await caller.cause('snooze plugin restart'));
      lookSoon();
      const first = await plugins.tryOut(name);
      return { summary: plugins.info(name).summary, first };
    },
    'plugin.details': ({ name }) => plugins.details(name),
    async 'plugin.logs'({ name, after, limit, wait_seconds: seconds }, { signal }) {
      plugins.info(name);
      const found = plugins.logs.lines(name, after, limit);
      if (found.length > 0 || seconds === 0) return { lines: found };
      const waiting = timeLimit(clock, seconds * 1000, signal);
      await plugins.logs.more(name, waiting.signal);
      waiting.end();
      return { lines: plugins.logs.lines(name, after, limit) };
    },
    'plugin.slowlog'({ limit, threshold_ms: thresholdMs, reset }) {
      const { slowLog } = plugins;
      if (thresholdMs !== undefined) slowLog.setThreshold(thresholdMs);
      const calls = slowLog.list(limit);
      if (reset) slowLog.reset();
      return { threshold_ms: slowLog.thresholdMs(), calls };
    },
    'plugin.diagnose': ({ name, categories }, { signal }) => plugins.diagnose(name, categories, signal),
    'plugin.run': ({ name, command, args }, { signal }) => plugins.runCommand(name, { command, args }, signal),
  };
}
