import { messageOf, SnoozeError } from '@cloudsnooze/daemon/errors';
import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { clean } from '../../render/text.ts';
import { installedPlugins, printUpdate, type Update, updatePlugin } from '../../update-plugin.ts';

export const pluginUpdateAll = defineCommand({
  summary: 'update every plugin that snooze has installed',
  arguments: {},
  options: { yes: { kind: 'flag', description: 'do not ask, even if one asks for more than before' } },
  examples: ['snooze plugin update-all', 'snooze plugin update-all --yes'],
  async run({ options: { yes } }, context) {
    const updates: (Update | { plugin: string; error: string })[] = [];
    for (const installed of await installedPlugins(context)) {
      const { plugin } = installed;
      if (context.interrupted().aborted) break;
      try {
        const update = await updatePlugin(installed, { context, yes, update: 'update-all' });
        updates.push(update);
        if (!context.json) printUpdate(update, context);
      } catch (error) {
        updates.push({ plugin, error: messageOf(error) });
        if (!context.json) printLines(context.output, [`${plugin} was not updated: ${clean(messageOf(error))}`]);
      }
    }
    if (context.json) printJson(context.output, updates);
    else if (updates.length === 0) printLines(context.output, ['snooze has not installed any plugin']);
    const failed = updates.filter((update) => 'error' in update).map(({ plugin }) => plugin);
    if (failed.length > 0) throw new SnoozeError('SNOOZE_E_INSTALL', `not updated: ${failed.join(', ')}`);
  },
});
