import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { SnoozeError } from '../../src/errors.ts';
import { unpackPackage } from '../../src/install/unpack.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { MANIFEST, type MadeEntry, pluginEntries, writeTarball } from './package.ts';

const link = (name: string, linkname: string): MadeEntry => ({ name, linkname, type: 'symlink' });
const hardLink = (name: string, linkname: string): MadeEntry => ({ name, linkname, type: 'link' });
const file = (name: string, more: Partial<MadeEntry> = {}): MadeEntry => ({ name, contents: 'x', ...more });
const long = 'n'.repeat(256);

const REFUSED: [what: string, entries: MadeEntry[], expected: RegExp][] = [
  ['an absolute path', [file('/tmp/evil')], /\/tmp\/evil leads out of the package/],
  ['a path to a folder above', [file('package/../../evil')], /package\/\.\.\/\.\.\/evil leads out of the package/],
  [
    'a link to an absolute path',
    [link('package/x', '/etc/passwd')],
    /x is a link to \/etc\/passwd, which leads out of the package/,
  ],
  ['a link to a folder above', [link('package/x', '../../..')], /leads out of the package/],
  [
    'a link that leads out by way of two others',
    [file('package/a/b/c'), link('package/up', 'a/b'), link('package/out', 'up/../../../../..')],
    /out is a link to up\/\.\.\/\.\.\/\.\.\/\.\.\/\.\., which leads out of the package/,
  ],
  [
    'a link beside the plugin in its own package',
    [file('other/secret'), link('package/x', '../other/secret')],
    /leads out/,
  ],
  ['a link to nothing', [link('package/x', 'nothing')], /x is a link to nothing, which the package does not hold/],
  ['links in a circle', [link('package/x', 'y'), link('package/y', 'x')], /leads in a circle/],
  [
    'a file written through a link',
    [link('package/d', '/tmp'), file('package/d/evil')],
    /package\/d .*is a file or a link as well/,
  ],
  [
    'a link laid through a link',
    [link('package/d', '..'), link('package/d/evil', 'plugin.json')],
    /is a file or a link as well/,
  ],
  ['a hard link to a file outside', [hardLink('package/x', '/etc/passwd')], /\/etc\/passwd leads out of the package/],
  ['a hard link by way of a folder above', [hardLink('package/x', '../../etc/passwd')], /leads out of the package/],
  [
    'a hard link to a link',
    [link('package/l', '/etc/passwd'), hardLink('package/x', 'package/l')],
    /which is no file before it/,
  ],
  [
    'a device',
    [{ name: 'package/x', type: 'character-device' }],
    /x is a character-device; a plugin is files, folders and links/,
  ],
  ['a name that turns the direction of writing', [file('package/a\u202eb')], /has control characters/],
  ['a fifo', [{ name: 'package/x', type: 'fifo' }], /x is a fifo/],
  ['a setuid bit', [file('package/x', { mode: 0o4755 })], /package\/x has a setuid or setgid bit/],
  [
    'a setgid bit on a folder',
    [{ name: 'package/d', type: 'directory', mode: 0o2755 }],
    /package\/d has a setuid or setgid bit/,
  ],
  ['the same file twice', [file('package/x'), file('package/x')], /it holds package\/x twice/],
  [
    'two files that differ in case only',
    [file('package/Read.me'), file('package/read.me')],
    /package\/Read\.me and package\/read\.me, which differ/,
  ],
  [
    'two folders that differ in case only',
    [file('package/A/x'), file('package/a/y')],
    /differ in upper and lower case only/,
  ],
  [
    'a file where a folder is',
    [file('package/d'), file('package/d/x')],
    /package\/d\/x or a folder above it is a file or a link as well/,
  ],
  ['a name that is too long', [file(`package/${long}`)], /is too long: 255 bytes for a part/],
  ['a path that is too deep', [file('d/'.repeat(40))], /lies 40 folders deep, at most 32/],
  ['a name with a newline', [file('package/a\nb')], /has control characters/],
  [
    'a second plugin',
    [file('other/plugin.json', { contents: JSON.stringify({ ...MANIFEST, name: 'two' }) })],
    /more than one plugin\.json/,
  ],
  [
    'too many files',
    Array.from({ length: 10_001 }, (_, index) => file(`package/${index}`)),
    /it holds more than 10000 files/,
  ],
];

for (const [what, more, expected] of REFUSED) {
  test(`a package with ${what} is refused, and nothing outside of its folder is touched`, async (t) => {
    const directory = temporaryDirectory(t);
    const tarball = await writeTarball(directory, pluginEntries(MANIFEST, ...more));
    const staging = join(directory, 'parent', 'staging');
    mkdirSync(staging, { recursive: true, mode: 0o700 });
    const before = statSync(join(directory, 'parent'));
    await assert.rejects(
      unpackPackage(tarball, staging),
      (error) =>
        error instanceof SnoozeError &&
        error.code === 'SNOOZE_E_INSTALL' &&
        expected.test(error.message) &&
        !error.message.includes(staging),
    );
    assert.deepEqual(readdirSync(join(directory, 'parent')), ['staging']);
    assert.equal(statSync(join(directory, 'parent')).mode, before.mode);
  });
}

test('the mode of a file outside stays as it is when links of a package lead there', async (t) => {
  const directory = temporaryDirectory(t);
  const victim = join(directory, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'program'), '', { mode: 0o4755 });
  const { mode } = statSync(join(victim, 'program'));
  mkdirSync(join(directory, 'staging'));
  const chain = [link('package/here', '.'), link('package/out', 'here/../../victim')];
  await assert.rejects(
    unpackPackage(await writeTarball(directory, pluginEntries(MANIFEST, ...chain)), join(directory, 'staging')),
  );
  assert.equal(statSync(join(victim, 'program')).mode, mode);
});

test('a bomb is refused as soon as it is too large: nothing after that is read', async (t) => {
  const directory = temporaryDirectory(t);
  const bomb = gzipSync(Buffer.alloc(192 * 1024 * 1024), { level: 1 });
  // Whoever inflates the second half finds no gzip there.
  writeFileSync(join(directory, 'bomb.tar.gz'), bomb.fill(0xff, bomb.length / 2));
  mkdirSync(join(directory, 'staging'));
  await assert.rejects(
    unpackPackage(join(directory, 'bomb.tar.gz'), join(directory, 'staging')),
    /it holds more than 64 MiB when it is unpacked/,
  );
});

for (const [what, bytes] of [
  ['no gzip', Buffer.from('PK\u0003\u0004 a zip file')],
  ['cut off', gzipSync(Buffer.alloc(4096, 'x')).subarray(0, 20)],
  ['gzip of no tarball', gzipSync(Buffer.from('hello '.repeat(200)))],
  ['gzip in gzip', gzipSync(gzipSync(Buffer.alloc(4096)))],
  ['empty', Buffer.alloc(0)],
] as const) {
  test(`a file that is ${what} is refused in a line`, async (t) => {
    const directory = temporaryDirectory(t);
    writeFileSync(join(directory, 'p.tar.gz'), bytes);
    mkdirSync(join(directory, 'staging'));
    await assert.rejects(
      unpackPackage(join(directory, 'p.tar.gz'), join(directory, 'staging')),
      (error) =>
        error instanceof SnoozeError &&
        /^(this is no package, which is a gzipped tarball: .|the package holds no plugin\.json)/.test(error.message),
    );
  });
}

test('what a plugin may hold is unpacked as it is: folders, programs, links in it, hard links, odd names', async (t) => {
  const directory = temporaryDirectory(t);
  const staging = join(directory, 'staging');
  mkdirSync(staging);
  const root = await unpackPackage(
    await writeTarball(directory, [
      { name: 'package/', type: 'directory', mode: 0o700 },
      ...pluginEntries(),
      file('package/@x/ü + $HOME', { mode: 0o600 }),
      link('package/lib.so', 'lib.so.1'),
      link('package/lib.so.1', '@x/../run.sh'),
      hardLink('package/again.sh', 'package/run.sh'),
    ]),
    staging,
  );
  assert.equal(root, join(staging, 'package'));
  assert.deepEqual(readdirSync(root), ['@x', 'again.sh', 'lib.so', 'lib.so.1', 'plugin.json', 'run.sh']);
  assert.match(readFileSync(join(root, 'lib.so'), 'utf8'), /^#!/);
  assert.equal(statSync(join(root, 'again.sh')).mode & 0o111, 0o111);
  assert.equal(readFileSync(join(root, '@x', 'ü + $HOME'), 'utf8'), 'x');
});

test('a package that GNU tar has made is unpacked, its long names and its hard links too', async (t) => {
  const directory = temporaryDirectory(t);
  const folder = join(directory, 'mine', 'a'.repeat(40), 'b'.repeat(40));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'file'), 'deep');
  writeFileSync(join(directory, 'mine', 'plugin.json'), JSON.stringify(MANIFEST));
  execFileSync('ln', [join(folder, 'file'), join(directory, 'mine', 'linked')]);
  for (const format of ['gnu', 'pax', 'ustar']) {
    const tarball = join(directory, `${format}.tar.gz`);
    execFileSync('tar', ['-czf', tarball, `--format=${format}`, '-C', directory, 'mine']);
    const staging = join(directory, format);
    mkdirSync(staging);
    const root = await unpackPackage(tarball, staging);
    assert.equal(readFileSync(join(root, 'linked'), 'utf8'), 'deep', format);
  }
});

test('what the system says of a place that cannot take the files is no fault of the package', async (t) => {
  const directory = temporaryDirectory(t);
  const deep = { name: `package/${Array.from({ length: 4 }, () => 'e'.repeat(200)).join('/')}`, contents: 'x' };
  const tarball = await writeTarball(directory, pluginEntries(MANIFEST, deep));
  const staging = join(directory, ...Array.from({ length: 17 }, () => 'd'.repeat(200)));
  mkdirSync(staging, { recursive: true });
  await assert.rejects(unpackPackage(tarball, staging), /^Error: ENAMETOOLONG/);
});
