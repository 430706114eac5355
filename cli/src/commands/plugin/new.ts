import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { icon, paint } from '../../render/style.ts';

export const pluginNew = defineCommand({
  summary: 'write a new plugin that works: program, manifest, README and test',
  arguments: { name: { description: 'its name; the folder is made here' } },
  options: {
    language: { kind: 'text', value: 'LANGUAGE', description: 'python, go, typescript or shell' },
    handles: { kind: 'list', value: 'EVENT', description: 'event types that it handles, such as cloud.spot.interrupt' },
  },
  examples: [
    'snooze plugin new queue-monitor --language python',
    'snooze plugin new save-work --language go --handles cloud.spot.interrupt',
  ],
  async run({ arguments: { name }, options: { language, handles } }, context) {
    const { writeNewPlugin } = await import('../../plugin-author/new/new-plugin.ts');
    const { plan, template, directory, files } = writeNewPlugin({ path: name, language, handles });
    if (context.json) {
      printJson(context.output, { name: plan.name, language: template.language, directory, files });
      return;
    }
    const next = [
      [`cd ${name}`, ''],
      [template.testCommand(plan), 'its own tests'],
      ['snooze plugin test', 'everything that the protocol asks for'],
      ['snooze plugin dev', 'run it against this host, and again after each change'],
      ['snooze plugin install .', 'use it'],
    ];
    const width = Math.max(...next.map(([command = '']) => command.length));
    printLines(context.output, [
      `${paint(icon('ok', context.style), 'green', context.style)} ${directory} (${template.language}): ${files.join(', ')}`,
      'next:',
      ...next.map(([command = '', what = '']) =>
        `  ${command.padEnd(width)}  ${paint(what, 'dim', context.style)}`.trimEnd(),
      ),
    ]);
  },
});
