import { schemaOf } from '@cloudsnooze/daemon/plugins/manifest/config-schema';
import { propertiesOf } from '@cloudsnooze/daemon/plugins/manifest/config-schema-faults';
import type { Manifest } from '@cloudsnooze/daemon/plugins/manifest/manifest';
import type { PermissionQuestion } from './permissions.ts';

/** Folders of which a sandbox shows nothing that is not granted: who looks for a file there finds none, and no error. */
const HIDDEN = /(?<![\w.\-/}])\/(?:run|var|home|root|srv|mnt|media)(?:\/[\w.-]+)*/g;
/** Programs and files that tell of other processes. */
const PROCESSES = /\/proc(?!\/[a-z])|\b(?:pgrep|pidof|psutil)\b|\bps (?:-|a)/;

/** What a program seems to look for and its sandbox does not show: it would never find it, and call the host idle. */
export function unseenQuestions(manifest: Manifest, source: string): PermissionQuestion[] {
  if (manifest.type === 'native') return [];
  const granted = grantedPaths(manifest);
  const sees = (path: string) => granted.some((each) => each === '/' || path === each || path.startsWith(`${each}/`));
  const paths = new Set(Array.from(source.matchAll(HIDDEN), ([path]) => path).filter((path) => !sees(path)));
  const questions = [...paths].map((path) => ({
    message: `does it look at ${path}? Without a permission it finds nothing there`,
    suggestion: `"permissions": { "read": ["${path}"] }, or the folder of what is not there yet`,
  }));
  if (PROCESSES.test(source) && !sees('/proc')) {
    const message = 'does it look at processes? Without a permission it sees none but its own';
    questions.push({ message, suggestion: '"permissions": { "read": ["/proc"] }' });
  }
  return questions.map((question) => ({ path: 'permissions.read', ...question }));
}

/** What may be read or written, with the settings' defaults in place of their names. */
function grantedPaths({ permissions: { read = [], write = [] } = {}, config_schema: given }: Manifest): string[] {
  const defaults = Object.fromEntries(
    propertiesOf(schemaOf(given) ?? {}).map(([name, { default: value }]) => [name, [value ?? []].flat().map(String)]),
  );
  return [...read, ...write].flatMap((path) => {
    const [, setting = '', rest = ''] = /^\$\{config\.([^}]+)\}(.*)$/.exec(path) ?? [];
    return setting === '' ? [path] : (defaults[setting] ?? []).map((value) => value + rest);
  });
}
