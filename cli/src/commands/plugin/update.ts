import { SnoozeError } from '@cloudsnooze/daemon/errors';
import { defineCommand } from '../../command.ts';
import { printJson } from '../../context.ts';
import { installedPlugins, printUpdate, updatePlugin } from '../../update-plugin.ts';

export const pluginUpdate = defineCommand({
  summary:
    'fetch a plugin again from where it came from, and install it if it is another version or its files were changed',
  arguments: { name: { description: 'the plugin, as in: snooze plugin list' } },
  options: { yes: { kind: 'flag', description: 'do not ask, even if it asks for more than before' } },
  examples: ['snooze plugin update redis-monitor'],
  async run({ arguments: { name }, options: { yes } }, context) {
    const installed = (await installedPlugins(context)).find(({ plugin }) => plugin === name);
    if (installed === undefined) {
      throw new SnoozeError('SNOOZE_E_INSTALL', `snooze has not installed a plugin ${name}`, {
        hint: 'type: snooze plugin list',
      });
    }
    const update = await updatePlugin(installed, { context, yes, update: 'update' });
    if (context.json) printJson(context.output, update);
    else printUpdate(update, context);
  },
});
