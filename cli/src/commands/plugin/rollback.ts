import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';

export const pluginRollback = defineCommand({
  summary: 'put the version before the one in force in force again',
  arguments: { name: { description: 'the plugin, as in: snooze plugin list' } },
  options: {},
  examples: ['snooze plugin rollback redis-monitor'],
  async run({ arguments: { name } }, context) {
    const done = await context.withDaemon((client) => client.call('plugin.rollback', { name }, 60_000));
    if (context.json) printJson(context.output, done);
    else printLines(context.output, [`${name} ${done.to} is in force again, in the place of ${done.from}`]);
  },
});
