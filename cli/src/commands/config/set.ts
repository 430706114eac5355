import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { parseValue } from '../../parse-value.ts';

/** Plugins that it concerns are ended and started before it is in force. */
const TIMEOUT_MS = 60_000;

export const configSet = defineCommand({
  summary: 'change one key in the file and put it in force; comments stay',
  arguments: {
    key: { description: 'dotted, such as logging.level' },
    value: { description: 'JSON, or else text' },
  },
  options: {},
  examples: ['snooze config set naptime_minutes 20', 'snooze config set gpu_threshold_percent null'],
  async run({ arguments: { key, value } }, context) {
    const done = await context.withDaemon((client) =>
      client.call('config.set', { key, value: parseValue(value) }, TIMEOUT_MS),
    );
    if (context.json) printJson(context.output, done);
    else printLines(context.output, [`${key}: ${textOf(done.before)} → ${textOf(done.after)}  (${done.file})`]);
  },
});

/** Text in its quotes here: a change from 5 to "5" must show. */
function textOf(value: unknown): string {
  return value === undefined ? 'unset' : JSON.stringify(value);
}
