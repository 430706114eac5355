import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { latency } from '../../render/duration.ts';
import { colourOf, icon, paint, type Style } from '../../render/style.ts';
import { clean } from '../../render/text.ts';

/** A plugin may take its time to start, and again to answer first. */
const TIMEOUT_MS = 60_000;

export const pluginEnable = defineCommand({
  summary: 'start a plugin and wait for its first verdict',
  arguments: { name: { description: 'the plugin instance, as in: snooze plugin list' } },
  options: {},
  examples: ['snooze plugin enable redis-monitor'],
  async run({ arguments: { name } }, context) {
    const enabled = await context.withDaemon((client) => client.call('plugin.enable', { name }, TIMEOUT_MS));
    if (context.json) printJson(context.output, enabled);
    else printLines(context.output, [enabledLine(enabled, context.style)]);
  },
});

/** "✓ redis-monitor running · idle · 2 clients · 4 ms" */
export function enabledLine({ summary, first }: ControlMethods['plugin.enable']['result'], style: Style): string {
  const parts =
    first === null
      ? ['waits for events']
      : [paint(first.verdict, colourOf(first.verdict), style), clean(first.reason), latency(first.tookMs)];
  return [`${paint(icon('ok', style), 'green', style)} ${summary.instance} ${summary.state}`, ...parts].join(' · ');
}
