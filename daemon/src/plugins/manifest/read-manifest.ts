import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import gte from 'semver/functions/gte.js';
import valid from 'semver/functions/valid.js';
import validRange from 'semver/ranges/valid.js';
import { isPlainObject } from '../../config/difference.ts';
import { parseDocument } from '../../config/jsonc.ts';
import { createValidator, type Fault } from '../../config/validator.ts';
import { messageOf, SnoozeError } from '../../errors.ts';
import { VERSION } from '../../version.ts';
import type { Manifest } from './manifest.ts';
import { MANIFEST_SCHEMA } from './manifest-schema.ts';

const validate = createValidator(MANIFEST_SCHEMA);

/**
 * Reads and checks a plugin's manifest, `plugin.json` in its folder.
 * @throws SnoozeError SNOOZE_E_MANIFEST_INVALID with a line for each fault: file, place, key, expected, found.
 */
export function readManifest(directory: string): Manifest {
  const file = join(directory, 'plugin.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const why = existsSync(file) ? messageOf(error) : 'there is no such file';
    throw new SnoozeError('SNOOZE_E_MANIFEST_INVALID', `${file}: ${why}`, { cause: error });
  }
  return parseManifest(text, file);
}

/** Like `readManifest`, from its text; `file` names it in messages. */
export function parseManifest(text: string, file: string): Manifest {
  const { value, faults } = inspectManifest(text);
  if (faults.length === 0) return value as Manifest;
  throw invalid(
    faults.map(({ place, path, message }) => `${file}:${place}: ${path === '' ? '' : `${path}: `}${message}`),
  );
}

/** What a manifest's text holds, which is a `Manifest` where nothing is wrong with it. */
export type InspectedManifest = { value: unknown; faults: ManifestFault[]; placeOf: (path: string) => string };
/** `place` is LINE:COLUMN in the file, `path` the dotted key. */
export type ManifestFault = Fault & { place: string };

/** Everything that is wrong with a manifest, each with its place. */
export function inspectManifest(text: string): InspectedManifest {
  const parsed = parseDocument(text);
  if ('fault' in parsed) return { value: undefined, faults: [{ path: '', ...parsed.fault }], placeOf: () => '1:1' };
  const { value, placeOf } = parsed.document;
  const faults = validate(value);
  if (isPlainObject(value)) {
    const isFaulty = ({ path }: Fault) => faults.some((fault) => topOf(fault) === topOf({ path }));
    faults.push(...contradictions(soundPart(value, faults)).filter((fault) => !isFaulty(fault)));
  }
  return { value, faults: faults.map((fault) => ({ ...fault, place: placeOf(fault.path) })), placeOf };
}

/** A manifest without the keys that something is wrong with. */
export function soundPart(value: Record<string, unknown>, faults: readonly Fault[]): Partial<Manifest> {
  const faulty = new Set(faults.map(topOf));
  return Object.fromEntries(Object.entries(value).filter(([key]) => !faulty.has(key)));
}

/** The manifest's own key that a fault is under. */
function topOf({ path }: { path: string }): string {
  return path.split('.', 1)[0] ?? '';
}

/** What the schema cannot say. */
function contradictions(manifest: Partial<Manifest>): Fault[] {
  const { type, version = '', min_host_version: wanted } = manifest;
  const faults: Fault[] = [];
  const entry = type === 'native' ? 'module' : 'exec';
  if (type !== undefined && manifest[entry] === undefined)
    faults.push({ path: entry, message: `is missing: a plugin of type "${type}" needs it` });
  if (type === 'native' && manifest.exec !== undefined)
    faults.push({ path: 'exec', message: 'a native plugin is a module of the daemon, and no program' });
  if (type === 'external' && manifest.module !== undefined)
    faults.push({ path: 'module', message: 'an external plugin is a program, and no module of the daemon' });
  if (type === 'native' && manifest.process_model !== undefined)
    faults.push({ path: 'process_model', message: 'a native plugin has no process' });
  if (type === 'external' && manifest.isolation !== undefined)
    faults.push({ path: 'isolation', message: 'an external plugin has a process of its own' });
  if (!isVersion(version))
    faults.push({ path: 'version', message: `expected a version such as 1.2.3, found ${JSON.stringify(version)}` });
  if (wanted !== undefined && !isVersion(wanted)) {
    faults.push({
      path: 'min_host_version',
      message: `expected a version such as 1.2.3, found ${JSON.stringify(wanted)}`,
    });
  } else if (wanted !== undefined && !gte(VERSION, wanted)) {
    faults.push({
      path: 'min_host_version',
      message: `this plugin needs snoozed ${wanted} or newer, this is ${VERSION}`,
    });
  }
  for (const [index, dependency] of (manifest.dependencies ?? []).entries()) {
    if (validRange(dependency.version) === null) {
      faults.push({
        path: `dependencies.${index}.version`,
        message: `expected a range such as ^1.0.0, found ${JSON.stringify(dependency.version)}`,
      });
    }
  }
  return faults;
}

/** semver itself takes blanks and a "v" around it, too; but a version is also the name of a folder. */
function isVersion(text: string): boolean {
  return valid(text) !== null && /^\d\S*$/.test(text);
}

function invalid(lines: readonly string[]): SnoozeError {
  return new SnoozeError('SNOOZE_E_MANIFEST_INVALID', lines.join('\n'));
}
