import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { engineOf, permissionLines, whatItRuns } from './plugins.ts';
import { icon, paint, type Style } from './style.ts';
import { fields } from './table.ts';
import { clean } from './text.ts';

type Inspected = ControlMethods['plugin.install.inspect']['result'];

/** What a package is, what it will run and what it may do: what a person is asked about. */
export function packageLines(
  { manifest, source, replaces, older, added, sandbox, signed_by: signedBy, signature }: Inspected,
  style: Style,
  doubt?: string,
): string[] {
  const warnings = [
    ...(doubt === undefined ? [] : [doubt]),
    ...(signedBy === null ? [signature] : []),
    ...(older ? [`it is older than ${replaces}, which it replaces`] : []),
    ...(added.length === 0 ? [] : [`it asks for more than ${replaces} did: ${added.join('; ')}`]),
  ];
  return [
    `${paint(clean(manifest.name), 'bold', style)} ${clean(manifest.version)}`,
    ...fields(
      [
        ['what', manifest.description ?? manifest.display_name ?? ''],
        ['author', manifest.author ?? ''],
        ['source', source],
        ['signed', signedBy === null ? '' : signature],
        ['replaces', replaces ?? ''],
        ['runs', whatItRuns(manifest)],
        ['handles', Object.keys(manifest.events ?? {}).join(', ')],
        ['sandbox', engineOf(sandbox)],
      ],
      style,
    ),
    ...permissionLines(sandbox),
    ...warnings.map((warning) => `  ${paint(icon('warning', style), 'yellow', style)} ${clean(warning)}`),
  ];
}

/** What was done, and what to type next. */
export function installedLine(
  { manifest, directory, replaced, enabled, hidden_by: hiding }: ControlMethods['plugin.install.finish']['result'],
  style: Style,
): string {
  const { name, version } = manifest;
  if (hiding !== null)
    return `installed in ${clean(directory)}, but ${clean(hiding)} is found before it and used instead`;
  if (enabled) return `installed: ${name} ${version} runs${replaced === null ? '' : `, in the place of ${replaced}`}`;
  return `installed in ${clean(directory)} (disabled); next: ${paint(`snooze plugin enable ${name}`, 'bold', style)}`;
}
