/** Writes to a folder what the packages install, each file at its place: `node scripts/lay-out.ts FOLDER`. */
import { chmodSync, copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCli, bundleDaemon, PACKAGED_ENVIRONMENT, PACKAGED_FLAGS } from './bundle.ts';

const LIBRARY = '/usr/lib/cloudsnooze';
// the second: what pacote waits with gives Node no number where a package is not what it should be
const CLI_FLAGS = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNaNWarning'];

const target = process.argv[2];
if (target === undefined) throw new Error('name the folder: node scripts/lay-out.ts FOLDER');
const place = (path: string) => {
  const whole = join(resolve(target), path);
  mkdirSync(dirname(whole), { recursive: true });
  return whole;
};

await bundleDaemon(place(LIBRARY));
await bundleCli(place(`${LIBRARY}/cli`));
copyFileSync(process.execPath, place(`${LIBRARY}/node`));
// what `snooze plugin new` puts beside a plugin, and what plugins in Python find without carrying it
for (const sdk of ['python/cloudsnooze_plugin', 'go', 'typescript/src']) {
  const filter = (source: string) => !/(__pycache__|testdata|_test\.go)$/.test(source);
  cpSync(fileURLToPath(new URL(`../plugin-sdk/${sdk}`, import.meta.url)), place(`${LIBRARY}/plugin-sdk/${sdk}`), {
    recursive: true,
    filter,
  });
}
launcher('snoozed', [...PACKAGED_FLAGS, `${LIBRARY}/snoozed.js`], PACKAGED_ENVIRONMENT);
launcher('snooze', [...CLI_FLAGS, `${LIBRARY}/cli/snooze.js`]);
for (const [file, path] of [
  ['snoozed.service', '/usr/lib/systemd/system/snoozed.service'],
  ['cloudsnooze.sysusers', '/usr/lib/sysusers.d/cloudsnooze.conf'],
  ['cloudsnooze.rules', '/usr/share/polkit-1/rules.d/cloudsnooze.rules'],
] as const) {
  copyFileSync(fileURLToPath(new URL(`../systemd/${file}`, import.meta.url)), place(path));
}

/** The program on the path; it becomes Node, so that systemd knows it by the process it started. */
function launcher(name: string, args: readonly string[], environment: Record<string, string> = {}): void {
  const path = place(`/usr/bin/${name}`);
  const exports = Object.entries(environment).map(([key, value]) => `export ${key}=${value}\n`);
  writeFileSync(path, `#!/bin/sh\n${exports.join('')}exec ${[`${LIBRARY}/node`, ...args].join(' ')} "$@"\n`);
  chmodSync(path, 0o755);
}
