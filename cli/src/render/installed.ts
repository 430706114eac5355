import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { permissionsOf, whatItRuns } from './plugins.ts';
import { icon, paint, type Style } from './style.ts';
import { fields } from './table.ts';
import { clean } from './text.ts';

/** What `snooze plugin install` has done, what the plugin will be able to do, and what to type next. */
export function installedLines(
  { manifest, directory, replaced, notes }: ControlMethods['plugin.install.finish']['result'],
  style: Style,
): string[] {
  return [
    `${paint(manifest.name, 'bold', style)} ${manifest.version}`,
    ...fields(
      [
        ['what', manifest.description ?? manifest.display_name ?? ''],
        ['runs', whatItRuns(manifest)],
        ['asks for', permissionsOf(manifest)],
        ['handles', Object.keys(manifest.events ?? {}).join(', ')],
        ['folder', directory],
        ['replaces', replaced ?? ''],
      ],
      style,
    ),
    ...notes.map((note) => `  ${paint(icon('warning', style), 'yellow', style)} ${clean(note)}`),
    `installed (disabled); next: ${paint(`snooze plugin enable ${manifest.name}`, 'bold', style)}`,
  ];
}
