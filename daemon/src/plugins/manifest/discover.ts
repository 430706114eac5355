import { type Dirent, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../errors.ts';
import type { Manifest } from './manifest.ts';
import { readManifest } from './read-manifest.ts';

/** A plugin in a folder of the search path. */
export type FoundPlugin = { manifest: Manifest; directory: string };

/** A folder that looks like a plugin and is none. */
export type BadPlugin = { directory: string; name: string; message: string };

/** All plugins of the search path; where two have the same name, the first one is meant. */
export function discoverPlugins(searchPath: readonly string[]): {
  plugins: Map<string, FoundPlugin>;
  problems: BadPlugin[];
} {
  const plugins = new Map<string, FoundPlugin>();
  const problems: BadPlugin[] = [];
  for (const folder of searchPath) {
    for (const name of pluginFolders(folder)) {
      const directory = join(folder, name);
      try {
        const manifest = readManifest(directory);
        // An installed plugin is a link to one version of it: another version is another folder.
        if (!plugins.has(manifest.name)) plugins.set(manifest.name, { manifest, directory: realpathSync(directory) });
      } catch (error) {
        problems.push({ directory, name, message: messageOf(error) });
      }
    }
  }
  return { plugins, problems };
}

/** Folders with a `plugin.json`; hidden ones are staging areas. */
function pluginFolders(folder: string): string[] {
  return entries(folder)
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .filter((name) => entries(join(folder, name)).some((entry) => entry.name === 'plugin.json'))
    .sort();
}

function entries(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // a folder of the path that does not exist holds no plugin
  }
}
