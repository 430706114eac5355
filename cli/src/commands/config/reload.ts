import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';

/** Plugins that it concerns are ended and started before it is in force. */
const TIMEOUT_MS = 60_000;

export const configReload = defineCommand({
  summary: 'read the configuration file again and put it in force',
  arguments: {},
  options: {},
  examples: ['snooze config reload'],
  async run(_typed, context) {
    const { changed } = await context.withDaemon((client) => client.call('config.reload', {}, TIMEOUT_MS));
    if (context.json) printJson(context.output, { changed });
    else
      printLines(context.output, [
        changed.length === 0
          ? 'nothing has changed in it; plugins, and whether a stop is safe, are looked at again'
          : `in force now: ${changed.join(', ')}`,
      ]);
  },
});
