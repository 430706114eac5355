/** The SDKs in other languages have tests of their own, in their own ways. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { requires } from '../../daemon/test/support/requires.ts';

const sdk = new URL('..', import.meta.url).pathname;

function run(folder: string, command: string, args: string[]): string {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', GOTOOLCHAIN: 'local', GOPROXY: 'off' };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: sdk + folder, encoding: 'utf8', env });
  assert.equal(status, 0, stdout + stderr);
  return stdout + stderr;
}

describe('the tests', () => {
  it('of the SDK for Python pass', { skip: requires('python3') }, () => {
    const output = run('python', 'python3', ['-m', 'unittest', 'discover', '-s', 'tests', '-t', '.']);
    assert.match(output, /Ran [1-9]\d* tests/);
  });

  it('of the SDK for Go pass', { skip: requires('go') }, () => {
    run('go', 'go', ['vet', '.', './testdata/tortoise']);
    assert.match(run('go', 'go', ['test', '-timeout=2m', '.']), /^ok/m);
  });
});
