import { pathToFileURL } from 'node:url';
import type { Plugin } from '@cloudsnooze/plugin';

/** Loads the ES module of a native plugin; gives what it exports as `plugin`. Throws where it exports none. */
export async function importPlugin(file: string): Promise<Plugin> {
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const plugin = module['plugin'] ?? module['default'];
  if (typeof plugin === 'object' && plugin !== null) return plugin as Plugin;
  throw new Error('it exports no plugin: it needs `export const plugin = { checkIdle() { … } }`');
}
