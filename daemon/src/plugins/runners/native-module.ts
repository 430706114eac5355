import { pathToFileURL } from 'node:url';
import type { Plugin } from '@cloudsnooze/plugin';

let imports = 0;

/**
 * Loads the ES module of a native plugin, anew each time: no two instances share what it keeps, and a changed file
 * counts from the next start on. Gives what it exports as `plugin`; throws where it exports none.
 */
export async function importPlugin(file: string): Promise<Plugin> {
  imports += 1;
  const module = (await import(`${pathToFileURL(file).href}?import=${imports}`)) as Record<string, unknown>;
  const plugin = module['plugin'] ?? module['default'];
  if (typeof plugin === 'object' && plugin !== null) return plugin as Plugin;
  throw new Error('it exports no plugin: it needs `export const plugin = { checkIdle() { … } }`');
}
