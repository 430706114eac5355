import { locations } from '@cloudsnooze/daemon/config/locations';
import { SnoozeError } from '@cloudsnooze/daemon/errors';
import { defineCommand } from '../../command.ts';
import { type CommandContext, printJson, printLines } from '../../context.ts';

export const configValidate = defineCommand({
  summary: 'check a configuration file without putting it in force; needs no daemon',
  arguments: { file: { description: "the daemon's own where none is named", optional: true } },
  options: {},
  examples: ['snooze config validate', 'snooze config validate ./snooze.json'],
  async run({ arguments: { file } }, context) {
    const named = file ?? (await daemonsFile(context));
    const environment = { ...context.environment };
    const { configFile, configFileRequired } = locations(named === null ? {} : { config: named }, environment);
    const { loadConfig } = await import('@cloudsnooze/daemon/config/load');
    const loaded = loadConfig({ file: configFile, fileRequired: configFileRequired, environment, flags: {} });
    if (context.json) printJson(context.output, { valid: true, file: loaded.file });
    else {
      const verdict =
        loaded.file === null ? `there is no ${configFile}; the defaults are in force` : `${loaded.file}: valid`;
      printLines(context.output, [verdict]);
    }
  },
});

/** The file that the daemon on this host reads, or null where none answers: then the usual place is looked at. */
async function daemonsFile(context: CommandContext): Promise<string | null> {
  try {
    return (await context.withDaemon((client) => client.call('config.show', {}, 2000))).file;
  } catch (error) {
    if (error instanceof SnoozeError) return null;
    throw error;
  }
}
