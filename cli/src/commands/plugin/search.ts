import { messageOf, SnoozeError } from '@cloudsnooze/daemon/errors';
import type { IndexedPlugin } from '@cloudsnooze/daemon/install/repository';
import { defineCommand } from '../../command.ts';
import { listWidth, printJson, printLines } from '../../context.ts';
import { repositoriesOf } from '../../install-package.ts';
import { table } from '../../render/table.ts';

type Found = IndexedPlugin & { repository: string };

export const pluginSearch = defineCommand({
  summary: 'look for plugins in the repositories of the configuration',
  arguments: {
    word: { description: 'in the name, the description or a tag; all where it is left out', optional: true },
  },
  options: {},
  examples: ['snooze plugin search redis', 'snooze plugin search'],
  async run({ arguments: { word = '' } }, context) {
    const { matching, readIndex, versionFor } = await import('@cloudsnooze/daemon/install/repository');
    const repositories = await repositoriesOf(context);
    if (repositories.length === 0) {
      throw new SnoozeError('SNOOZE_E_INSTALL', 'no repository is configured in plugins.external_repositories', {
        hint: 'docs/installing-plugins.md tells how to add one, and how to make one',
      });
    }
    const found: Found[] = [];
    const faults: unknown[] = [];
    for (const repository of repositories) {
      try {
        const index = await readIndex(repository, context.interrupted());
        found.push(...matching(index, word).map((plugin) => ({ ...plugin, repository: repository.name })));
      } catch (error) {
        faults.push(error);
      }
    }
    if (context.json) printJson(context.output, found);
    else if (found.length > 0) {
      const rows = found.map((plugin) => [
        `${plugin.repository}:${plugin.name}`,
        versionFor(plugin, undefined)?.version ?? '',
        plugin.description ?? '',
      ]);
      const columns = [{ title: 'INSTALL AS' }, { title: 'NEWEST' }, { title: 'WHAT' }];
      printLines(context.output, table(columns, rows, { ...context, width: listWidth(context.output) }));
    } else if (faults.length === 0) printLines(context.output, [`no plugin is about ${word}`]);
    if (faults.length > 0) throw new SnoozeError('SNOOZE_E_FETCH', faults.map(messageOf).join('\n'));
  },
});
