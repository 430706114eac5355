import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { clean } from '../../render/text.ts';

export const pluginUninstall = defineCommand({
  summary: 'stop a plugin and remove its files',
  arguments: { name: { description: 'the plugin, as in: snooze plugin list' } },
  options: {},
  examples: ['snooze plugin uninstall redis-monitor'],
  async run({ arguments: { name } }, context) {
    const removed = await context.withDaemon((client) => client.call('plugin.uninstall', { name }));
    if (context.json) printJson(context.output, removed);
    else printLines(context.output, [`${name} is uninstalled, ${clean(removed.directory)} is removed`]);
  },
});
