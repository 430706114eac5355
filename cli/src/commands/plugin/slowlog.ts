import { defineCommand } from '../../command.ts';
import { listWidth, printJson, printLines } from '../../context.ts';
import { MOST_AT_ONCE } from '../../pages.ts';
import { slowCalls } from '../../render/slow-calls.ts';

export const pluginSlowlog = defineCommand({
  summary: 'the slowest calls of all plugins, since snoozed was started',
  arguments: {},
  options: {
    limit: { kind: 'count', value: 'N', description: 'at most so many', default: 20 },
    threshold: { kind: 'count', value: 'MS', description: 'from now on keep calls of at least so many milliseconds' },
    reset: { kind: 'flag', description: 'empty the list after it was shown' },
  },
  examples: ['snooze plugin slowlog', 'snooze plugin slowlog --threshold 20', 'snooze plugin slowlog --reset'],
  async run({ options: { limit, threshold, reset } }, context) {
    const asked = {
      limit: Math.min(limit, MOST_AT_ONCE),
      reset,
      ...(threshold !== undefined && { threshold_ms: threshold }),
    };
    const found = await context.withDaemon((client) => client.call('plugin.slowlog', asked));
    if (context.json) printJson(context.output, found);
    else printLines(context.output, slowCalls(found, { ...context, width: listWidth(context.output) }));
  },
});
