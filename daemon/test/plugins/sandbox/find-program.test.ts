import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findProgram } from '../../../src/plugins/sandbox/find-program.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

function write(directory: string, path: string, text: string, mode = 0o755): string {
  const file = join(directory, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text, { mode });
  return file;
}

test('a program outside of the system’s folders brings its whole prefix, and that of what it links to', (t) => {
  const directory = temporaryDirectory(t);
  const real = write(directory, 'opt/python-3.13/bin/python3', '');
  mkdirSync(join(directory, 'venv/bin'), { recursive: true });
  symlinkSync(real, join(directory, 'venv/bin/python3'));
  const found = findProgram(
    'python3',
    directory,
    `/no/such:relative:${directory}/venv/bin:${directory}/opt/python-3.13/bin`,
  );
  assert.equal(found.path, join(directory, 'venv/bin/python3'));
  assert.deepEqual(found.folders, [join(directory, 'venv'), join(directory, 'opt/python-3.13')]);
});

test('a script brings the interpreter of its first line, by its path or through env', (t) => {
  const directory = temporaryDirectory(t);
  const interpreter = write(directory, 'tools/lua/bin/lua', '');
  for (const line of [`#!${interpreter} -x`, '#!/usr/bin/env lua', '#! /usr/bin/env -S lua -x']) {
    write(directory, 'plugin/run', `${line}\n`);
    const { folders } = findProgram('./run', join(directory, 'plugin'), join(directory, 'tools/lua/bin'));
    assert.ok(folders.includes(join(directory, 'tools/lua')), line);
  }
});

test('a home is never shown because a program lies in its bin', (t) => {
  const directory = temporaryDirectory(t);
  write(directory, '.local/bin/tool', '');
  assert.deepEqual(
    new Set(findProgram('tool', directory, join(directory, '.local/bin')).folders),
    new Set([join(directory, '.local/bin')]),
  );
});

for (const [what, command, text, mode, reason] of [
  ['is nowhere', 'gone', '', 0o755, /^there is no program gone on the PATH$/],
  ['is missing', './gone', '', 0o755, /^there is no such file$/],
  ['may not be executed', './run', '', 0o644, /^the file is not executable \(chmod \+x\)$/],
  ['is a folder', '.', '', 0o755, /there is no program|not a file/],
  ['has no interpreter', './run', '#!/no/such/sh\n', 0o755, /^the interpreter in its first line does not exist$/],
  ['was saved on Windows', './run', '#!/bin/sh\r\n', 0o755, /^its lines end as on Windows \(\\r\\n\): /],
  [
    'has no interpreter on the PATH',
    './run',
    '#!/usr/bin/env lua\n',
    0o755,
    /^the interpreter in its first line, lua, is not on the PATH$/,
  ],
] as const) {
  test(`a program that ${what} is told so`, (t) => {
    const directory = temporaryDirectory(t);
    write(directory, 'run', text, mode);
    assert.throws(() => findProgram(command, directory, '/no/such'), { message: reason });
  });
}
