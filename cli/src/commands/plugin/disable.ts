import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';

/** An event that it has in hand is waited for. */
const TIMEOUT_MS = 180_000;

export const pluginDisable = defineCommand({
  summary: 'stop a plugin and keep it stopped; its files stay',
  arguments: { name: { description: 'the plugin instance, as in: snooze plugin list' } },
  options: {},
  examples: ['snooze plugin disable redis-monitor'],
  async run({ arguments: { name } }, context) {
    const disabled = await context.withDaemon((client) => client.call('plugin.disable', { name }, TIMEOUT_MS));
    if (context.json) printJson(context.output, disabled);
    else printLines(context.output, [`${disabled.summary.instance} is ${disabled.summary.state}`]);
  },
});
