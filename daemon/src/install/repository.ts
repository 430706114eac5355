import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import compare from 'semver/functions/rcompare.js';
import satisfies from 'semver/functions/satisfies.js';
import { createValidator, type Schema } from '../config/validator.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Manifest } from '../plugins/manifest/manifest.ts';
import { PLUGIN_NAME_PATTERN } from '../plugins/manifest/manifest-schema.ts';
import { readManifest } from '../plugins/manifest/read-manifest.ts';
import { integrityOf } from './hash-files.ts';
import { get } from './sources/url.ts';
import { unpackPackage } from './unpack.ts';

/** `index.json` of a repository, which is a folder or an https URL; docs/installing-plugins.md describes it. */
export type RepositoryIndex = { index_version: 1; plugins: IndexedPlugin[] };

export type IndexedPlugin = {
  name: string;
  description?: string;
  tags?: string[];
  /** The newest first. `file` is the tarball, from the folder of the index. */
  versions: { version: string; file: string; integrity: string }[];
};

/** One repository of `plugins.external_repositories`. */
export type Repository = { name: string; url: string; trusted?: boolean };

const INDEX = 'index.json';
const LARGEST_INDEX_BYTES = 16 * 1024 * 1024;
const text: Schema = { type: 'string' };
const validate = createValidator({
  type: 'object',
  required: ['index_version', 'plugins'],
  properties: {
    index_version: { enum: [1] },
    plugins: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'versions'],
        properties: {
          name: { ...text, pattern: PLUGIN_NAME_PATTERN, description: "a plugin's name" },
          description: text,
          tags: { type: 'array', items: text },
          versions: {
            type: 'array',
            items: {
              type: 'object',
              required: ['version', 'file', 'integrity'],
              properties: {
                version: text,
                file: text,
                integrity: { ...text, pattern: '^sha512-[A-Za-z0-9+/]{86}==$', description: 'sha512-… in base64' },
              },
            },
          },
        },
      },
    },
  },
});

/**
 * Reads the index of a repository.
 * @throws SnoozeError SNOOZE_E_FETCH when it cannot be had, or is none.
 */
export async function readIndex({ name, url }: Repository, signal: AbortSignal): Promise<RepositoryIndex> {
  const place = placeIn(url, INDEX);
  try {
    const bytes = isAbsolute(place) ? readFileSync(place) : await get(place, LARGEST_INDEX_BYTES, signal);
    if (bytes === null) throw new Error('the server has no such file (404)');
    const index: unknown = JSON.parse(bytes.toString('utf8'));
    const [fault] = validate(index);
    if (fault !== undefined) throw new Error(`${fault.path === '' ? '' : `${fault.path}: `}${fault.message}`);
    return index as RepositoryIndex;
  } catch (error) {
    // what could not be fetched begins with the place already
    const why = messageOf(error).startsWith(place) ? messageOf(error) : `${place}: ${messageOf(error)}`;
    throw new SnoozeError('SNOOZE_E_FETCH', `the repository ${name}: ${why}`, { cause: error });
  }
}

/** Where a file of a repository is: a path or a URL, as the repository itself. */
export function placeIn(url: string, file: string): string {
  return isAbsolute(url) ? join(url, file) : `${url.replace(/\/*$/, '')}/${file}`;
}

/** The plugins of an index that a word is about: in the name, the description or a tag. Pure. */
export function matching(index: RepositoryIndex, word: string): IndexedPlugin[] {
  const wanted = word.toLowerCase();
  return index.plugins.filter(({ name, description = '', tags = [] }) =>
    [name, description, ...tags].some((part) => part.toLowerCase().includes(wanted)),
  );
}

/**
 * The version that is installed for a range, or where none is typed: the newest that is no pre-release, if there is one.
 * Undefined where none is in the range. Pure.
 */
export function versionFor(
  { versions }: IndexedPlugin,
  range: string | undefined,
): IndexedPlugin['versions'][number] | undefined {
  const found = versions.find(({ version }) => satisfies(version, range ?? '*'));
  return found ?? (range === undefined ? versions[0] : undefined);
}

/**
 * Writes `index.json` for the tarballs of a folder, each of which is checked as if it were to be installed.
 * @throws SnoozeError SNOOZE_E_INSTALL or SNOOZE_E_MANIFEST_INVALID naming the tarball.
 */
export async function writeIndex(directory: string): Promise<RepositoryIndex> {
  const plugins = new Map<string, IndexedPlugin & { newest: Manifest }>();
  for (const file of tarballsIn(directory)) {
    const manifest = await manifestIn(join(directory, file), file);
    const { name, version, description, tags } = manifest;
    const plugin = plugins.get(name) ?? { name, versions: [], newest: manifest };
    const twin = plugin.versions.find((one) => one.version === version);
    if (twin !== undefined)
      throw new SnoozeError('SNOOZE_E_INSTALL', `${twin.file} and ${file} are both ${name} ${version}`);
    plugin.versions.push({ version, file, integrity: integrityOf(readFileSync(join(directory, file))) });
    plugin.versions.sort((a, b) => compare(a.version, b.version));
    const newest = plugin.versions[0]?.file === file ? manifest : plugin.newest;
    plugins.set(name, {
      ...plugin,
      newest,
      ...(newest === manifest && {
        ...(description !== undefined && { description }),
        ...(tags !== undefined && { tags }),
      }),
    });
  }
  const index: RepositoryIndex = {
    index_version: 1,
    plugins: [...plugins.values()].map(({ newest: _, ...plugin }) => plugin).sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
  writeFileSync(join(directory, INDEX), `${JSON.stringify(index, null, 2)}\n`);
  return index;
}

function tarballsIn(directory: string): string[] {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory())
    throw new SnoozeError('SNOOZE_E_INSTALL', `${directory}: there is no such folder`);
  const found = readdirSync(directory)
    .filter((name) => /\.(tar\.gz|tgz)$/.test(name))
    .sort();
  if (found.length > 0) return found;
  throw new SnoozeError('SNOOZE_E_INSTALL', `${directory}: there is no .tar.gz in this folder`, {
    hint: 'pack each plugin: tar -czf NAME-VERSION.tar.gz NAME',
  });
}

async function manifestIn(tarball: string, shown: string): Promise<Manifest> {
  const staging = mkdtempSync(join(tmpdir(), 'snooze-index-'));
  try {
    return readManifest(await unpackPackage(tarball, staging));
  } catch (error) {
    if (!(error instanceof SnoozeError)) throw error;
    throw new SnoozeError(error.code, `${shown}: ${error.message.replaceAll(`${staging}/`, '')}`, { cause: error });
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
