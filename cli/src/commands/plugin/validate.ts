import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { findingLines } from '../../render/findings.ts';
import { icon, paint } from '../../render/style.ts';

export const pluginValidate = defineCommand({
  summary: "check a plugin's folder without starting it; needs no daemon",
  arguments: { folder: { description: 'the folder of the plugin; this one where none is named', optional: true } },
  options: {},
  examples: ['snooze plugin validate ./redis-monitor', 'snooze plugin validate --json ./redis-monitor'],
  async run({ arguments: { folder = '.' } }, context) {
    const { openPluginFolder } = await import('../../plugin-author/plugin-folder.ts');
    const { validatePlugin } = await import('../../plugin-author/validate/validate.ts');
    const opened = openPluginFolder(folder);
    const { manifest, findings } = validatePlugin(opened, context.environment['PATH'] ?? '');
    const faults = findings.filter(({ kind }) => kind === 'fault').length;
    if (faults > 0) context.failed();
    if (context.json) {
      printJson(context.output, { valid: faults === 0, directory: opened.directory, findings });
      return;
    }
    const questions = findings.length - faults;
    const counted = [
      ...(faults > 0 ? [`${amount(faults, 'fault')}`] : []),
      ...(questions > 0 ? [`${amount(questions, 'question')} that a reviewer would ask`] : []),
    ];
    const name = manifest === null ? opened.directory : `${manifest.name} ${manifest.version}`;
    const sign = icon(faults > 0 ? 'fault' : 'ok', context.style);
    printLines(context.output, [
      ...findingLines(findings, context.style),
      `${paint(sign, faults > 0 ? 'red' : 'green', context.style)} ${name}: ${counted.join(', ') || 'nothing to ask'}`,
      ...(faults > 0 ? [] : [`next: snooze plugin test ${folder}`]),
    ]);
  },
});

function amount(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
