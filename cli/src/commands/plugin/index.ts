import { resolve } from 'node:path';
import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';

export const pluginIndex = defineCommand({
  summary: 'make a folder of packages a repository: write its index.json',
  arguments: { dir: { description: 'the folder with the .tar.gz of the plugins' } },
  options: {},
  examples: ['snooze plugin index ./repository'],
  async run({ arguments: { dir } }, context) {
    const { writeIndex } = await import('@cloudsnooze/daemon/install/repository');
    const index = await writeIndex(resolve(dir));
    if (context.json) printJson(context.output, index);
    else {
      const lines = index.plugins.map(
        ({ name, versions }) => `${name} ${versions.map(({ version }) => version).join(', ')}`,
      );
      printLines(context.output, [
        ...lines,
        `${resolve(dir, 'index.json')} is written: ${index.plugins.length === 1 ? '1 plugin' : `${index.plugins.length} plugins`}`,
      ]);
    }
  },
});
