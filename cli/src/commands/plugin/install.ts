import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { fetchFor, installPackage } from '../../install-package.ts';
import { installedLine } from '../../render/installed.ts';

export const pluginInstall = defineCommand({
  summary: 'show what a plugin is and may do, ask, and install it; it stays disabled until it is enabled',
  arguments: {
    source: { description: 'a folder, a .tar.gz, an https or git URL, REPOSITORY:NAME, or the name of an npm package' },
  },
  options: { yes: { kind: 'flag', description: 'do not ask' } },
  examples: [
    'snooze plugin install ./redis-monitor',
    'snooze plugin install redis-monitor-1.0.0.tar.gz --yes',
    'snooze plugin install https://plugins.example.org/redis-monitor-1.0.0.tar.gz',
    'snooze plugin install git+https://git.example.org/redis-monitor#v1.0.0',
    'snooze plugin install community:redis-monitor',
    'snooze plugin install npm:redis-monitor@1.0.0',
  ],
  async run({ arguments: { source }, options: { yes } }, context) {
    const fetched = await fetchFor(source, context);
    const installed = await installPackage(fetched, { context, consent: () => (yes ? 'given' : 'ask') });
    if (context.json) printJson(context.output, installed);
    else printLines(context.output, [installedLine(installed, context.style)]);
  },
});
