/** The program that `strip-types.ts` runs: writes all that is TypeScript in a folder, as JavaScript, by its URL. */
import { globSync, readFileSync, realpathSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** CommonJS, which has none of these, is left to Node. */
const MODULE = /^[ \t]*(?:import|export)\b(?![ \t]*\()/m;

// Node knows a module by its real path.
const directory = realpathSync(process.argv[2] ?? '');
const stripped: [string, string][] = [];
for (const file of globSync('**/*.{ts,mts}', { cwd: directory, exclude: (name) => name === 'node_modules' })) {
  try {
    const text = readFileSync(join(directory, file), 'utf8');
    if (MODULE.test(text)) stripped.push([pathToFileURL(join(directory, file)).href, stripTypeScriptTypes(text)]);
  } catch {
    // what Node cannot read or strip, it says of when the file is loaded
  }
}
process.stdout.write(JSON.stringify(stripped));
