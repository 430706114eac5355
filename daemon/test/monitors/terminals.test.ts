import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openHostFiles } from '../../src/monitors/host-files.ts';
import { input } from '../../src/monitors/input.ts';
import { createTerminals } from '../../src/monitors/terminals.ts';
import { hostOfFiles, rootsBelow } from './host-of-files.ts';

test('of the nodes of dozens of consoles only those are asked that are in use or have hardware', (t) => {
  const virtual = Object.fromEntries([0, 1, 2, 3, 63].map((number) => [`sys/class/tty/tty${number}/`, '']));
  const { root } = hostOfFiles(t, input, {
    'dev/pts/ptmx': '',
    'dev/pts/4': '',
    ...virtual,
    'sys/class/vc/vcs/': '',
    'sys/class/vc/vcs1/': '',
    'sys/class/vc/vcsa1/': '',
    'sys/class/vc/vcsu1/': '',
    'sys/class/vc/vcs2/': '',
    'sys/class/tty/ttyS0/type': '4\n',
    'sys/class/tty/ttyS1/type': '0\n',
    'sys/class/tty/ttyAMA0/type': '32\n',
    'sys/class/tty/hvc0/': '',
    'sys/class/tty/hvc1/': '',
    'sys/class/tty/console/active': 'tty0 ttyS0 hvc0\n',
  });
  const asked: string[] = [];
  const files = openHostFiles(rootsBelow(root));
  const terminals = createTerminals({
    ...files,
    terminalTimes(name) {
      asked.push(name);
      return { atimeMs: 1, mtimeMs: 2 };
    },
  });
  const found = terminals();
  assert.deepEqual(asked.sort(), ['hvc0', 'pts/4', 'tty1', 'tty2', 'ttyAMA0', 'ttyS0']);
  assert.deepEqual(
    found.filter(({ kind }) => kind === 'pseudo'),
    [{ name: 'pts/4', kind: 'pseudo', atimeMs: 1, mtimeMs: 2 }],
  );
});
