import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { requires } from '../../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { QUIET_METRICS } from '../../test-support/host.ts';
import { nativeCall } from '../../test-support/native.ts';
import { plugin } from '../plugin.ts';

function check(config: { paths?: string[]; max_age_minutes?: number | null }) {
  return plugin.checkIdle?.(nativeCall(config));
}

/** A file whose age is told from the metrics' own time. */
function place(path: string, text: string, ageMinutes = 0): void {
  writeFileSync(path, text);
  const changed = QUIET_METRICS.timestamp - ageMinutes * 60;
  utimesSync(path, changed, changed);
}

describe('keep-awake-file', () => {
  it('is busy while the file exists, and idle after', async (test) => {
    const path = join(temporaryDirectory(test), 'keep-awake');
    assert.deepEqual(await check({ paths: [path] }), { is_idle: true, reason: `there is no ${path}` });
    place(path, '');
    assert.deepEqual(await check({ paths: [path] }), { is_idle: false, reason: `${path} exists`, details: { path } });
    rmSync(path);
    assert.equal((await check({ paths: [path] }))?.is_idle, true);
  });

  it('shows the first line, and of it only what a terminal bears', async (test) => {
    const path = join(temporaryDirectory(test), 'keep-awake');
    place(path, 'nightly export, Ada\nsecret');
    assert.equal((await check({ paths: [path] }))?.reason, `${path}: nightly export, Ada`);
    place(path, '\u001b[2Jclear\r\n');
    assert.equal((await check({ paths: [path] }))?.reason, `${path}: [2Jclear`);
    place(path, 'x'.repeat(1_000_000));
    assert.equal((await check({ paths: [path] }))?.reason.length, path.length + 2 + 200);
  });

  it('looks at every path', async (test) => {
    const folder = temporaryDirectory(test);
    const paths = ['a', 'b', 'c'].map((name) => join(folder, name));
    assert.match((await check({ paths }))?.reason ?? '', /^there is none of .*a, .*b, .*c$/);
    place(join(folder, 'c'), '');
    assert.equal((await check({ paths }))?.is_idle, false);
  });

  it('counts a file only until its time is over', async (test) => {
    const path = join(temporaryDirectory(test), 'keep-awake');
    const config = { paths: [path], max_age_minutes: 30 };
    place(path, '', 30);
    assert.equal((await check(config))?.is_idle, false);
    place(path, '', 31);
    assert.deepEqual(await check(config), {
      is_idle: true,
      reason: `${path} is 31 minutes old and counted for 30`,
    });
    place(path, '', -60);
    assert.equal((await check(config))?.is_idle, false, 'from the future');
    place(path, '', 100_000);
    assert.equal((await check({ paths: [path], max_age_minutes: null }))?.is_idle, false, 'without an end');
  });

  it('goes on after an expired file to one that counts', async (test) => {
    const folder = temporaryDirectory(test);
    const paths = [join(folder, 'old'), join(folder, 'new')];
    place(join(folder, 'old'), '', 60);
    place(join(folder, 'new'), '', 1);
    assert.equal((await check({ paths, max_age_minutes: 30 }))?.is_idle, false);
  });

  it('takes a folder for a file that exists, and a link to nothing for none', async (test) => {
    const folder = temporaryDirectory(test);
    mkdirSync(join(folder, 'folder'));
    symlinkSync(join(folder, 'nothing'), join(folder, 'link'));
    assert.equal((await check({ paths: [join(folder, 'folder')] }))?.is_idle, false);
    assert.equal((await check({ paths: [join(folder, 'link')] }))?.is_idle, true);
    assert.equal((await check({ paths: [join(folder, 'folder', 'deeper')] }))?.is_idle, true);
  });

  it('has no verdict where it cannot be known', async (test) => {
    const folder = temporaryDirectory(test);
    symlinkSync(join(folder, 'loop'), join(folder, 'loop'));
    await assert.rejects(async () => check({ paths: [join(folder, 'loop')] }), { code: 'ELOOP' });
  });

  it('does not wait for the other end of a pipe', { skip: requires('mkfifo') }, async (test) => {
    const path = join(temporaryDirectory(test), 'pipe');
    assert.equal(spawnSync('mkfifo', [path]).status, 0);
    assert.equal((await check({ paths: [path] }))?.reason, `${path} exists`);
  });

  it('can be loaded from a folder where no package is', async (test) => {
    const folder = temporaryDirectory(test);
    cpSync(new URL('../plugin.ts', import.meta.url), join(folder, 'plugin.ts'));
    const module = (await import(pathToFileURL(join(folder, 'plugin.ts')).href)) as { plugin: typeof plugin };
    assert.equal(typeof module.plugin.checkIdle, 'function');
  });
});
