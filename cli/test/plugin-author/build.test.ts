import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRunning } from '../../../daemon/test/support/processes.ts';
import { requires } from '../../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { buildInPlace } from '../../src/plugin-author/build.ts';
import { writeMine } from '../support/author.ts';
import { ended, startOnTerminal, TERMINAL_PROGRAM } from '../support/run-cli.ts';

const sh = (script: string) => ({ command: 'sh', args: ['-c', script] });
const build = (command: { command: string; args?: string[] }, directory: string) =>
  buildInPlace({ name: 'mine', version: '1.0.0', type: 'external', build: command }, directory, {
    PATH: process.env['PATH'],
  });

test('a build that fails tells the last of what the compiler said on either stream', async (t) => {
  await assert.rejects(build(sh('seq 30; echo wrong >&2; exit 3'), temporaryDirectory(t)), {
    code: 'SNOOZE_E_PLUGIN_BUILD',
    message: /^mine: sh -c .* ended with exit code 3\n(?=[\s\S]*^wrong$)(?=[\s\S]*^30$)(?![\s\S]*^5$)/m,
  });
});

test('a compiler that is not there is named', async (t) => {
  await assert.rejects(build({ command: 'no-such-compiler' }, temporaryDirectory(t)), {
    code: 'SNOOZE_E_PLUGIN_BUILD',
    message: /^mine: no-such-compiler cannot be started: there is no such program$/,
  });
});

test('^C on the terminal ends a build with the command', { skip: requires(TERMINAL_PROGRAM) }, async (t) => {
  const file = join(temporaryDirectory(t), 'pid');
  const folder = writeMine(t, '', { build: sh(`echo $$ > ${file}; sleep 600`) });
  const terminal = startOnTerminal(`plugin test ${folder}`, {});
  const end = ended(terminal);
  const pid = Number(await waitFor('the build', () => existsSync(file) && readFileSync(file, 'utf8').trim()));
  t.after(() => isRunning(pid) && process.kill(-pid, 'SIGKILL'));
  terminal.stdin?.write('\x03');
  await waitFor('its end', () => !isRunning(pid));
  assert.notEqual(await end, 0);
});
