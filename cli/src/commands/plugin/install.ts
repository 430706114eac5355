import { resolve } from 'node:path';
import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { installPackage } from '../../install-package.ts';
import { installedLine } from '../../render/installed.ts';

export const pluginInstall = defineCommand({
  summary: 'show what a plugin is and may do, ask, and install it; it stays disabled until it is enabled',
  arguments: { path: { description: 'the folder of the plugin, or a .tar.gz of it' } },
  options: { yes: { kind: 'flag', description: 'do not ask' } },
  examples: ['snooze plugin install ./redis-monitor', 'snooze plugin install redis-monitor-1.0.0.tar.gz --yes'],
  async run({ arguments: { path }, options: { yes } }, context) {
    const { readPackage } = await import('@cloudsnooze/daemon/install/pack');
    const contents = await readPackage(path);
    const installed = await installPackage(contents, resolve(path), { context, mustAsk: () => !yes });
    if (context.json) printJson(context.output, installed);
    else printLines(context.output, [installedLine(installed, context.style)]);
  },
});
