import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SnoozeError } from '../../../src/errors.ts';
import { unpackPackage } from '../../../src/install/unpack.ts';
import { writePlugin } from '../../support/daemon-process.ts';
import { requires } from '../../support/requires.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { fetchAs } from './serve.ts';

const skip = requires('git');

/** A repository with a plugin in two versions, the first one tagged. */
function repository(t: TestContext) {
  const folder = writePlugin(temporaryDirectory(t), { name: 'mine', version: '1.0.0' }, { 'run.sh': 'one' });
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
      encoding: 'utf8',
    });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '-m', 'one');
  git('tag', 'v1');
  writeFileSync(join(folder, 'run.sh'), 'two');
  git('commit', '--quiet', '-a', '-m', 'two');
  return { folder, git, url: `git+file://${folder}` };
}

async function unpacked(t: TestContext, contents: Buffer): Promise<string> {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'new'));
  writeFileSync(join(directory, 'p.tar.gz'), contents);
  return unpackPackage(join(directory, 'p.tar.gz'), join(directory, 'new'));
}

test('a plugin is fetched from a repository at its head, a branch, a tag or a commit, without .git', {
  skip,
}, async (t) => {
  const { git, url } = repository(t);
  const first = git('rev-parse', 'v1').trim();
  for (const [reference, text] of [
    ['', 'two'],
    ['#main', 'two'],
    ['#v1', 'one'],
    [`#${first}`, 'one'],
  ]) {
    const fetched = await fetchAs(`${url}${reference}`);
    assert.equal(fetched.source, `${url}${reference}`);
    const root = await unpacked(t, fetched.contents);
    assert.deepEqual(readdirSync(root), ['plugin.json', 'run.sh']);
    assert.equal(execFileSync('cat', [join(root, 'run.sh')], { encoding: 'utf8' }), text);
  }
});

test('no hook of the user, of a template or of the repository is run, and no submodule is fetched', {
  skip,
}, async (t) => {
  const { folder, git, url } = repository(t);
  const home = temporaryDirectory(t);
  const ran = join(home, 'ran');
  for (const hooks of ['hooks', 'template/hooks']) {
    mkdirSync(join(home, hooks), { recursive: true });
    writeFileSync(join(home, hooks, 'post-checkout'), `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 });
  }
  writeFileSync(
    join(home, '.gitconfig'),
    `[core]\nhooksPath=${home}/hooks\n[init]\ntemplateDir=${home}/template\n[submodule]\nrecurse=true\n`,
  );
  git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', folder, 'sub');
  git('commit', '--quiet', '-m', 'a submodule');
  const { contents } = await fetchAs(url, { environment: { ...process.env, HOME: home, XDG_CONFIG_HOME: home } });
  assert.equal(existsSync(ran), false);
  assert.deepEqual(readdirSync(join(await unpacked(t, contents), 'sub')), []);
});

const REFUSED: [typed: string, expected: RegExp][] = [
  ['git+file:///nonexistent/repository', /does not appear to be a git repository|does not exist/],
  ['git+http://plugins.invalid/p.git', /transport 'http' not allowed/],
  ['git://plugins.invalid/p', /transport 'git' not allowed/],
  ['git+file:///tmp#--upload-pack=touch', /--upload-pack=touch cannot be a branch, a tag or a commit/],
  ['git+ssh://-oProxyCommand=touch/p', /strange hostname|host/],
];

for (const [typed, expected] of REFUSED) {
  test(`${typed} is refused in a line`, { skip }, async () => {
    await assert.rejects(
      fetchAs(typed),
      (error) => error instanceof SnoozeError && error.code === 'SNOOZE_E_FETCH' && expected.test(error.message),
    );
  });
}

test('a repository without a plugin is told by its name', { skip }, async (t) => {
  const { git, url } = repository(t);
  git('rm', '--quiet', 'plugin.json');
  git('commit', '--quiet', '-m', 'no plugin');
  await assert.rejects(
    fetchAs(url),
    (error) => error instanceof SnoozeError && error.message.startsWith(`${url}: there is no plugin.json`),
  );
});

test('where git is missing the message says so', async (t) => {
  const environment = { PATH: temporaryDirectory(t) };
  await assert.rejects(
    fetchAs('git+https://plugins.invalid/p', { environment }),
    (error) =>
      error instanceof SnoozeError && /there is no such program/.test(error.message) && error.hint === 'install git',
  );
});
