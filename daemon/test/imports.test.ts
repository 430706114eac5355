import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from './support/temporary-directory.ts';

const SCRIPT = new URL('../../scripts/check-imports.ts', import.meta.url).pathname;

/** A source file, what it holds, and what the check says of it. */
const FORBIDDEN: readonly [file: string, text: string, said: RegExp][] = [
  ['daemon/src/idle/a1.ts', "import '../plugins/b.ts';", /idle may not import plugins/],
  ['daemon/src/idle/a2.ts', "export const late = () => import('../plugins/b.ts');", /idle may not import plugins/],
  ['daemon/src/idle/a3.ts', "import 'node:fs';", /idle does no input and output/],
  ['daemon/src/leaf.ts', "import './idle/b.ts';", /leaf may not import idle/],
  ['daemon/src/monitors/a5.ts', "import 'node:child_process';", /reaches child processes/],
  ['daemon/src/monitors/a6.ts', "import 'node:dns/promises';", /reaches the network/],
  ['daemon/src/monitors/a7.ts', 'export const ask = () => fetch("http://[::1]/");', /reaches the network/],
  ['daemon/src/store/a8.ts', 'process.exit(1);', /reaches process\.exit/],
  ['daemon/src/store/a9.ts', "import './a9.ts';", /import cycle/],
  ['cli/src/a10.ts', "import '../../daemon/src/idle/b.ts';", /go through the package/],
  ['cli/src/a13.ts', "import { connect } from 'node:net';", /reaches the network/],
  ['cli/src/a11.ts', "import '@cloudsnooze/daemon/idle/b';", /only the control client/],
  [
    'plugin-sdk/typescript/src/a12.ts',
    "import '@cloudsnooze/daemon/clock';",
    /plugin-sdk imports nothing of the daemon/,
  ],
];

function check(directory: string, files: Record<string, string>) {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), text);
  }
  return spawnSync(process.execPath, [SCRIPT], { cwd: directory, encoding: 'utf8' });
}

const FINE = {
  'daemon/src/idle/b.ts': 'export const b = 1;',
  'daemon/src/plugins/b.ts': "import 'node:child_process'; export const b = 1;",
  'daemon/src/parts.ts': "import './idle/b.ts'; import './plugins/b.ts';",
};

test('imports that run as the arrows do are let through', (t) => {
  const { status, stderr } = check(temporaryDirectory(t), FINE);
  assert.deepEqual([status, stderr], [0, '']);
});

test('each import against the arrows fails the check and is named', (t) => {
  const files = Object.fromEntries(FORBIDDEN.map(([file, text]) => [file, text]));
  const { status, stderr } = check(temporaryDirectory(t), { ...FINE, ...files });
  assert.equal(status, 1);
  for (const [file, , said] of FORBIDDEN) {
    const lines = stderr.split('\n').filter((line) => line.includes(file));
    assert.match(lines.join('\n'), said, file);
  }
});
