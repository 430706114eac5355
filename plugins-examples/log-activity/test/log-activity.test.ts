import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { checkIdle, initialize } from '../../test-support/host.ts';
import { type Talk, talk } from '../../test-support/talk.ts';

const directory = new URL('..', import.meta.url).pathname;

async function monitor(test: it.TestContext, config: Record<string, unknown>): Promise<Talk> {
  const plugin = talk(directory, { test });
  assert.equal((await initialize(plugin, config)).error, undefined);
  return plugin;
}

async function isIdle(plugin: Talk): Promise<unknown> {
  const { result, error } = await checkIdle(plugin);
  assert.equal(error, undefined);
  return result?.['is_idle'];
}

describe('log-activity', { skip: requires('python3') }, () => {
  it('counts a file for a while after it has grown', async (test) => {
    const path = join(temporaryDirectory(test), 'job.log');
    writeFileSync(path, 'epoch 1\n');
    const plugin = await monitor(test, { paths: [path] });
    const { result } = await checkIdle(plugin);
    assert.partialDeepStrictEqual(result, {
      is_idle: false,
      reason: `${path} has grown 0 min ago, idle after 10`,
    });
    const old = Date.now() / 1000 - 11 * 60;
    utimesSync(path, old, old);
    assert.equal(await isIdle(plugin), true);
    appendFileSync(path, 'epoch 2\n');
    assert.equal(await isIdle(plugin), false);
  });

  it('counts no longer a file that is from the future, because the clock was set back', async (test) => {
    const path = join(temporaryDirectory(test), 'job.log');
    writeFileSync(path, '');
    const later = Date.now() / 1000 + 3600;
    utimesSync(path, later, later);
    const plugin = await monitor(test, { paths: [path], idle_minutes: 0.001 });
    await waitFor('it to be old enough', async () => await isIdle(plugin));
  });

  it('looks at the files of a folder that have such a name', async (test) => {
    const folder = temporaryDirectory(test);
    mkdirSync(join(folder, 'inner.log'));
    writeFileSync(join(folder, 'notes.txt'), '');
    const plugin = await monitor(test, { paths: [folder] });
    assert.equal((await checkIdle(plugin)).result?.['reason'], 'there is no log');
    writeFileSync(join(folder, 'new.log'), '');
    assert.equal(await isIdle(plugin), false);
    rmSync(join(folder, 'new.log'));
    assert.equal(await isIdle(plugin), true);
  });

  it('with a pattern counts the lines that match it, once they are whole', async (test) => {
    const folder = temporaryDirectory(test);
    const path = join(folder, 'access.log');
    writeFileSync(path, 'GET /work\n');
    const plugin = await monitor(test, { paths: [folder], pattern: 'GET /(?!health)' });
    assert.equal(await isIdle(plugin), true, 'what stood there before');
    appendFileSync(path, 'GET /health\nGET /wo');
    assert.equal(await isIdle(plugin), true);
    appendFileSync(path, 'rk\n');
    assert.equal(await isIdle(plugin), false);
  });

  it('reads the first log of a folder that was empty from its beginning', async (test) => {
    const folder = temporaryDirectory(test);
    const plugin = await monitor(test, { paths: [folder], pattern: 'work' });
    assert.equal(await isIdle(plugin), true);
    writeFileSync(join(folder, 'job.log'), 'work\n');
    assert.equal(await isIdle(plugin), false);
  });

  it('takes more new lines than it can look at for work', async (test) => {
    const path = join(temporaryDirectory(test), 'job.log');
    writeFileSync(path, '');
    const plugin = await monitor(test, { paths: [path], pattern: 'work' });
    assert.equal(await isIdle(plugin), true);
    appendFileSync(path, Buffer.alloc(5 * 1024 * 1024, 'health\n'));
    assert.equal(await isIdle(plugin), false);
  });

  it('goes on with the new file after a rotation, and after the old one was cut off', async (test) => {
    const folder = temporaryDirectory(test);
    const path = join(folder, 'access.log');
    writeFileSync(path, 'GET /health\n'.repeat(100));
    const config = { paths: [folder], pattern: 'work' };
    const rotated = await monitor(test, config);
    assert.equal(await isIdle(rotated), true);
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'GET /work\n');
    assert.equal(await isIdle(rotated), false);
    const cut = await monitor(test, config);
    appendFileSync(path, 'GET /health\n'.repeat(100));
    assert.equal(await isIdle(cut), true);
    writeFileSync(path, 'GET /work\n');
    assert.equal(await isIdle(cut), false);
  });

  it('has no verdict where a path does not exist', async (test) => {
    const path = join(temporaryDirectory(test), 'mistyped.log');
    const plugin = await monitor(test, { paths: [path] });
    assert.equal((await checkIdle(plugin)).error?.message, `there is no ${path}`);
  });

  it('refuses a pattern that is none', async (test) => {
    const { error } = await initialize(talk(directory, { test }), { paths: ['/tmp'], pattern: '(' });
    assert.equal(error?.code, -32004);
    assert.match(error?.message ?? '', /^pattern: missing \)/);
  });
});
