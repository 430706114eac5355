import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { pluginPage } from '../../render/plugins.ts';

export const pluginInfo = defineCommand({
  summary: 'everything about one plugin: what it runs, what it may do, how it fares',
  arguments: { name: { description: 'the plugin instance, as in: snooze plugin list' } },
  options: {},
  examples: ['snooze plugin info redis-monitor'],
  async run({ arguments: { name } }, context) {
    const info = await context.withDaemon((client) => client.call('plugin.info', { name }));
    if (context.json) printJson(context.output, info);
    else printLines(context.output, pluginPage(info, { ...context, nowMs: context.clock.wallMs() }));
  },
});
