import { defineCommand } from '../../command.ts';
import { listWidth, printJson, printLines } from '../../context.ts';
import { pluginList as render } from '../../render/plugins.ts';

export const pluginList = defineCommand({
  summary: 'all plugins, those that failed first',
  arguments: {},
  options: {},
  examples: ['snooze plugin list'],
  async run(_typed, context) {
    const plugins = await context.withDaemon((client) => client.call('plugin.list', {}));
    if (context.json) printJson(context.output, plugins);
    else if (plugins.length === 0) {
      printLines(context.output, ['no plugin is installed; next: snooze plugin install PATH']);
    } else printLines(context.output, render(plugins, { ...context, width: listWidth(context.output) }));
  },
});
