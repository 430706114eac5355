import { SnoozeError } from '@cloudsnooze/daemon/errors';
import { VERSION } from '@cloudsnooze/daemon/version';
import { defineCommand } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { printJson, printLines } from '../context.ts';

export const version = defineCommand({
  summary: 'the versions of this program and of the daemon that answers',
  arguments: {},
  options: {},
  examples: ['snooze version'],
  async run(_typed, context) {
    const daemon = await daemonVersion(context);
    if (context.json) {
      printJson(context.output, { version: VERSION, daemon });
      return;
    }
    printLines(context.output, [
      `snooze ${VERSION}`,
      daemon === null
        ? `snoozed: none answers on ${context.socket}`
        : `snoozed ${daemon.version} (plugin protocol ${daemon.protocol}, Node ${daemon.node}, process ${daemon.pid})`,
    ]);
  },
});

/** The program's own version is worth printing where no daemon answers, or none that this user may ask. */
async function daemonVersion(context: CommandContext) {
  try {
    return await context.withDaemon((client) => client.call('version', {}, 2000));
  } catch (error) {
    if (error instanceof SnoozeError) return null;
    throw error;
  }
}
