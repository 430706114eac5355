import { SnoozeError } from '@cloudsnooze/daemon/errors';
import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { clean } from '../../render/text.ts';

export const pluginConfigure = defineCommand({
  summary: "change a plugin's configuration; what does not fit its schema is not written",
  arguments: {
    name: { description: 'the plugin instance, as in: snooze plugin list; a new one with plugin=NAME' },
    settings: { description: 'KEY=VALUE, as often as wanted; KEY= takes it back to its default', rest: true },
  },
  options: {},
  examples: [
    'snooze plugin configure redis-monitor connection_threshold=10 host=10.0.0.5',
    'snooze plugin configure second plugin=redis-monitor',
  ],
  async run({ arguments: { name, settings } }, context) {
    const params = { name, settings: settings.map(parseSetting) };
    if (params.settings.length === 0)
      throw new SnoozeError('SNOOZE_E_USAGE', 'nothing to configure: expected KEY=VALUE', {
        hint: `what it has now: snooze plugin info ${name}`,
      });
    const keys = params.settings.map(({ key }) => key);
    const twice = keys.find((key, index) => keys.indexOf(key) !== index);
    if (twice !== undefined) throw new SnoozeError('SNOOZE_E_USAGE', `${twice} is given twice: expected each key once`);
    const done = await context.withDaemon((client) => client.call('plugin.configure', params, 60_000));
    const { changes, summary } = done;
    if (context.json) printJson(context.output, done);
    else if (changes.length === 0) printLines(context.output, [`${name}: nothing changes`]);
    else {
      const lines = changes.map(
        ({ key, before, after }) => `${key}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`,
      );
      const why = summary.state === 'failed' && summary.last_error !== null ? `: ${clean(summary.last_error)}` : '';
      printLines(context.output, [...lines.map(clean), `${name} is ${summary.state}${why}`]);
    }
    if (summary.state === 'failed') context.failed();
  },
});

function parseSetting(typed: string): { key: string; text: string | null } {
  const [, key, text] = /^([^=]+)=(.*)$/s.exec(typed) ?? [];
  if (key === undefined || text === undefined)
    throw new SnoozeError('SNOOZE_E_USAGE', `expected KEY=VALUE, found ${JSON.stringify(typed)}`, {
      hint: 'no spaces around the =, and quotes around a value with spaces',
    });
  return { key, text: text === '' ? null : text };
}
