import { defineCommand } from '../command.ts';
import { listWidth, printJson, printLines } from '../context.ts';
import { statusScreen } from '../render/status.ts';

export const status = defineCommand({
  summary: 'whether this host is idle, why not, what happens next and when',
  arguments: {},
  options: { watch: { kind: 'flag', description: 'keep it on the screen; in a pipe, a line for each change' } },
  examples: ['snooze status', 'snooze status --watch', 'snooze status --json | jq -r .state'],
  async run({ options }, context) {
    if (options.watch) {
      const { watchStatus } = await import('../watch/watch.ts');
      await watchStatus(context);
      return;
    }
    const found = await context.withDaemon((client) => client.call('status', {}));
    if (context.json) {
      printJson(context.output, found);
      return;
    }
    // Whoever sets COLUMNS wants it, in a pipe too.
    const width = process.env['COLUMNS'] ? context.output.size().columns : listWidth(context.output);
    const frame = { width, style: context.style, nowMs: context.clock.wallMs() };
    printLines(context.output, statusScreen(found, frame));
  },
});
