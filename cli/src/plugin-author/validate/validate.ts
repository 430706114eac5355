import { folderFaults } from '@cloudsnooze/daemon/plugins/manifest/folder-faults';
import type { Manifest } from '@cloudsnooze/daemon/plugins/manifest/manifest';
import { inspectManifest } from '@cloudsnooze/daemon/plugins/manifest/read-manifest';
import type { PluginFolder } from '../plugin-folder.ts';
import { atKey, type Finding } from './finding.ts';
import { manifestFaults } from './manifest-faults.ts';
import { reviewQuestions } from './review.ts';

/** What was found in a plugin's folder; `manifest` is null where it is not valid. */
export type Validation = { manifest: Manifest | null; findings: Finding[] };

/** Looks at everything about a plugin that can be told without starting it. `path` is where programs are looked for. */
export function validatePlugin({ directory, manifestText }: PluginFolder, path: string): Validation {
  const inspected = inspectManifest(manifestText);
  const { placeOf } = inspected;
  const faults = [
    ...manifestFaults(inspected),
    ...folderFaults(inspected, directory, path).map(({ path: key, ...fault }) =>
      atKey('fault', key, { ...fault, placeOf }),
    ),
  ];
  if (inspected.faults.length > 0) return { manifest: null, findings: inOrder(faults) };
  const manifest = inspected.value as Manifest;
  return { manifest, findings: inOrder([...faults, ...reviewQuestions(manifest, { directory, placeOf })]) };
}

/** Faults before questions, each from the top of the file to its end. */
function inOrder(findings: readonly Finding[]): Finding[] {
  const rank = ({ kind, place }: Finding) => {
    const [line = 0, column = 0] = (place ?? '').split(':').map(Number);
    return [kind === 'fault' ? 0 : 1, line, column];
  };
  return findings.toSorted((a, b) => {
    const [kind = 0, line = 0, column = 0] = rank(a);
    const [otherKind = 0, otherLine = 0, otherColumn = 0] = rank(b);
    return kind - otherKind || line - otherLine || column - otherColumn;
  });
}
