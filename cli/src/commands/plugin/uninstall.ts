import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { clean } from '../../render/text.ts';

/** An event that it has in hand is waited for. */
const TIMEOUT_MS = 180_000;

export const pluginUninstall = defineCommand({
  summary: 'stop a plugin and remove it; its configuration and what it has kept stay, but with --purge',
  arguments: {
    name: { description: 'the plugin, or one use of it under a name of its own, as in: snooze plugin list' },
  },
  options: {
    purge: { kind: 'flag', description: 'remove its configuration, files, keys, log and statistics, too' },
    yes: { kind: 'flag', description: 'do not ask, which it never does; for scripts that say so everywhere' },
  },
  examples: ['snooze plugin uninstall redis-monitor', 'snooze plugin uninstall redis-monitor --purge'],
  async run({ arguments: { name }, options: { purge } }, context) {
    const removed = await context.withDaemon((client) => client.call('plugin.uninstall', { name, purge }, TIMEOUT_MS));
    if (context.json) printJson(context.output, removed);
    else printLines(context.output, uninstalledLines(name, removed, purge));
  },
});

function uninstalledLines(
  name: string,
  { directory, kept, use_of: plugin }: ControlMethods['plugin.uninstall']['result'],
  purge: boolean,
): string[] {
  const gone =
    plugin !== null
      ? `${name}, which was a use of ${plugin}, is removed; ${plugin} stays installed`
      : directory === null
        ? `${name} was uninstalled before`
        : `${name} is uninstalled, ${directory} is removed`;
  const lines = [purge ? `${gone}, and what it has kept is removed` : gone];
  if (kept.length > 0)
    lines.push(`kept for the next time: ${kept.join(', ')}; to remove that: snooze plugin uninstall ${name} --purge`);
  return lines.map(clean);
}
