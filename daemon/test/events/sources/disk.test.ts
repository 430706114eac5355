import assert from 'node:assert/strict';
import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { disk, parseMounts, spaceOf } from '../../../src/events/sources/disk.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startHostSource } from './source-world.ts';

test('a real disk is looked at, and a mount that vanishes ends its event', async (t) => {
  const directory = temporaryDirectory(t);
  const { look, health, notices } = startHostSource(t, disk, { disk: { mounts: [directory], free_percent: 100 } });
  await waitFor('the look', async () => {
    await look();
    return notices.length > 0;
  });
  assert.ok(notices[0]?.kind === 'notice');
  assert.equal(notices[0].data['mount'], directory);
  assert.match(health().message, /has [\d.]+ % free \(\d+ MiB\)$/);
});

test('a disk that cannot be looked at keeps its event, while others answer, and is told when it can', async (t) => {
  const directory = temporaryDirectory(t);
  const mount = join(directory, 'mount');
  // In one step, because a look may be on its way: it must never find nothing there.
  const linkTo = (target: string) => {
    symlinkSync(target, `${mount}.new`);
    renameSync(`${mount}.new`, mount);
  };
  linkTo(directory);
  const { look, notices, health } = startHostSource(t, disk, { disk: { mounts: ['/', mount], free_percent: 100 } });
  const until = (what: string, is: () => boolean) =>
    waitFor(what, async () => {
      await look();
      return is();
    });
  await until('both', () => notices.length === 2);
  linkTo(mount); // ELOOP, for every user
  await until('the fault', () => health().status === 'failing');
  assert.match(health().message, /ELOOP.*mount/);
  linkTo(directory);
  await until('the disk again', () => health().status === 'ok');
  assert.equal(notices.length, 2);
});

test('a disk that the configuration names and that is not there is said, once in the log, and hides no other', async (t) => {
  const mount = join(temporaryDirectory(t), 'nope');
  const { look, notices, health, lines } = startHostSource(t, disk, {
    disk: { mounts: ['/', mount], free_percent: 100 },
  });
  await waitFor('the other, and the fault', async () => {
    await look();
    return notices.length === 1 && health().status === 'failing';
  });
  for (const _ of [1, 2, 3]) await look();
  assert.equal(health().message, `${mount} cannot be looked at: there is nothing there`);
  assert.deepEqual(
    lines.filter((line) => line.includes(mount)),
    [`disk is not fully watched: ${mount} cannot be looked at: there is nothing there`],
  );
  mkdirSync(mount);
  await waitFor('the disk', async () => {
    await look();
    return notices.length === 2 && health().status === 'ok';
  });
});

test('disk space is measured as a user sees it, against percent and MiB', () => {
  const level = (freeMib: number, percent: number | null, mib: number | null) =>
    spaceOf('/', { freeBytes: freeMib * 2 ** 20, totalBytes: 1000 * 2 ** 20 }, { free_percent: percent, free_mib: mib })
      .level;
  assert.deepEqual([level(50, 5, null), level(55, 5, null), level(60, 5, null)], ['bad', 'between', 'good']);
  assert.deepEqual([level(100, 5, 100), level(100, 5, null), level(100, null, null)], ['bad', 'good', 'good']);
});

test('mounts of local disks are watched, each once, and none that is read-only or of another host', () => {
  const mounts = parseMounts(
    [
      '/dev/nvme0n1p1 / ext4 rw,relatime 0 0',
      '/dev/nvme0n1p1 /snap/bind ext4 rw,relatime 0 0',
      '/dev/nvme1n1 /mnt/with\\040space xfs rw,noatime 0 0',
      '/dev/loop3 /snap/core squashfs ro,nodev 0 0',
      '/dev/sdb1 /media ext4 ro,relatime 0 0',
      'nas:/export /nas nfs4 rw 0 0',
      'tmpfs /run tmpfs rw 0 0',
      '',
    ].join('\n'),
  );
  assert.deepEqual(mounts, ['/', '/mnt/with space']);
});
