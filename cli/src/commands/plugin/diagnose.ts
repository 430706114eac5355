import { defineCommand } from '../../command.ts';
import { listWidth, printJson, printLines } from '../../context.ts';
import { diagnosisLines } from '../../render/diagnosis.ts';

/** The daemon gives a plugin a minute. */
const TIMEOUT_MS = 70_000;

export const pluginDiagnose = defineCommand({
  summary: 'have a plugin look into what it watches, and say what to do about it',
  arguments: {
    name: { description: 'the plugin instance, as in: snooze plugin list' },
    categories: { description: 'only findings of these categories', rest: true },
  },
  options: {},
  examples: ['snooze plugin diagnose redis-monitor', 'snooze plugin diagnose postgres-monitor replication'],
  async run({ arguments: { name, categories } }, context) {
    const params = { name, categories: [...categories] };
    const found = await context.withDaemon((client) => client.call('plugin.diagnose', params, TIMEOUT_MS));
    if (context.json) printJson(context.output, found);
    else printLines(context.output, diagnosisLines(found, { ...context, width: listWidth(context.output) }));
  },
});
