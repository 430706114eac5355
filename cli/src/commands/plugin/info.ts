import { defineCommand } from '../../command.ts';
import { listWidth, printJson, printLines } from '../../context.ts';
import { pluginDetails } from '../../render/plugin-details.ts';
import { pluginPage } from '../../render/plugins.ts';

export const pluginInfo = defineCommand({
  summary: 'everything about one plugin: what it runs, what it may do, how it fares',
  arguments: { name: { description: 'the plugin instance, as in: snooze plugin list' } },
  options: {},
  examples: ['snooze plugin info redis-monitor'],
  async run({ arguments: { name } }, context) {
    const { info, details } = await context.withDaemon(async (client) => {
      const found = await client.call('plugin.info', { name });
      // Of one that is not in use there are none.
      return { info: found, details: await client.call('plugin.details', { name }).catch(() => null) };
    });
    if (context.json) return printJson(context.output, { ...info, details });
    printLines(context.output, [
      ...pluginPage(info, { ...context, nowMs: context.clock.wallMs() }),
      ...(details === null ? [] : pluginDetails(details, { ...context, width: listWidth(context.output) })),
    ]);
  },
});
