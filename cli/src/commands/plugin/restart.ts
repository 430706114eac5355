import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { enabledLine } from './enable.ts';

/** An event that it has in hand is waited for; then it may take its time to start, and again to answer first. */
const TIMEOUT_MS = 180_000;

export const pluginRestart = defineCommand({
  summary: 'start a plugin again, after the event that it has in hand, and wait for its first verdict',
  arguments: { name: { description: 'the plugin instance, as in: snooze plugin list' } },
  options: {},
  examples: ['snooze plugin restart redis-monitor'],
  async run({ arguments: { name } }, context) {
    const restarted = await context.withDaemon((client) => client.call('plugin.restart', { name }, TIMEOUT_MS));
    if (context.json) printJson(context.output, restarted);
    else printLines(context.output, [enabledLine(restarted, context.style)]);
  },
});
