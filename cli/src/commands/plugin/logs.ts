import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { defineCommand } from '../../command.ts';
import { type CommandContext, printLines } from '../../context.ts';
import { MOST_AT_ONCE } from '../../pages.ts';
import { logLine } from '../../render/log-line.ts';

type LogLine = ControlMethods['plugin.logs']['result']['lines'][number];

/** The daemon answers after so long, whether there is a new line or not. */
const WAIT_SECONDS = 30;
const TIMEOUT_MS = 40_000;

export const pluginLogs = defineCommand({
  summary: 'what a plugin has said last: its standard error, its log and the changes of its life',
  arguments: { name: { description: 'the plugin instance, as in: snooze plugin list' } },
  options: {
    follow: { kind: 'flag', short: 'f', description: 'wait for more, until ^C' },
    lines: { kind: 'count', value: 'N', description: 'at most so many lines of before', default: 50 },
  },
  examples: ['snooze plugin logs redis-monitor', 'snooze plugin logs redis-monitor -f'],
  async run({ arguments: { name }, options: { follow, lines } }, context) {
    await context.withDaemon(async (client) => {
      const ask = (after: number, limit: number, wait: number) =>
        client.call('plugin.logs', { name, after, limit, wait_seconds: wait }, TIMEOUT_MS);
      let { lines: found } = await ask(0, Math.min(lines, MOST_AT_ONCE), 0);
      print(found, context);
      if (!follow) return;
      const signal = context.interrupted();
      const interrupted = new Promise<undefined>((resolve) =>
        signal.addEventListener('abort', () => resolve(undefined), { once: true }),
      );
      let last = found.at(-1)?.number ?? 0;
      while (!signal.aborted) {
        const more = await Promise.race([ask(last, 1_000, WAIT_SECONDS), interrupted]);
        if (more === undefined) return;
        found = more.lines;
        print(found, context);
        last = found.at(-1)?.number ?? last;
      }
    });
  },
});

function print(lines: readonly LogLine[], { output, json, style, clock }: CommandContext): void {
  const frame = { style, nowMs: clock.wallMs() };
  printLines(
    output,
    lines.map((line) => (json ? JSON.stringify(line) : logLine(line, frame))),
  );
}
