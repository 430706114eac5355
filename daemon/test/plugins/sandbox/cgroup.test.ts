import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeCgroup } from '../../../src/plugins/sandbox/cgroup.ts';
import { makeCgroupRoot, ownCgroup } from '../../../src/plugins/sandbox/delegated-cgroup.ts';
import { limitsOf } from '../../../src/plugins/sandbox/limits.ts';
import { isRunning } from '../../support/processes.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

const MOUNTS = `24 30 0:22 / /proc rw - proc proc rw
31 24 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate`;
const limits = limitsOf({ name: 'p', version: '1.0.0', type: 'external' });

test('the daemon’s own control group is its service’s, wherever the tree is mounted', () => {
  const service = '0::/system.slice/snoozed.service\n';
  assert.equal(ownCgroup(service, MOUNTS), '/sys/fs/cgroup/system.slice/snoozed.service');
  assert.equal(ownCgroup('0::/system.slice/snoozed.service/daemon\n', MOUNTS), ownCgroup(service, MOUNTS));
  const inside = MOUNTS.replace('0:27 /', '0:27 /system.slice');
  assert.equal(ownCgroup(service, inside), '/sys/fs/cgroup/snoozed.service');
});

test('a daemon that was started by hand has no control group to give out', () => {
  for (const group of ['0::/\n', '0::/user.slice/user-0.slice/session-1.scope\n', '4:memory:/x.service\n'])
    assert.equal(ownCgroup(group, MOUNTS), undefined);
  assert.equal(ownCgroup('0::/a.service\n', ''), undefined);
});

test('a group’s end ends what has left its session and its parents', { skip: whyNoTree() }, async (t) => {
  const parent = join(tree() ?? '', `snooze-test-${process.pid}`);
  mkdirSync(parent);
  t.after(() => {
    rmdirSync(join(parent, 'plugins'));
    rmdirSync(parent);
  });
  const root = makeCgroupRoot(parent);
  const group = makeCgroup(root, 'forker', limits);
  const { command, args } = group.wrap({
    command: '/bin/sh',
    args: ['-c', 'setsid sh -c "sleep 1000 & sleep 1000 &"'],
    environment: {},
  });
  const child = spawn(command, args, { stdio: 'ignore' });
  assert.equal((await once(child, 'exit'))[0], 0);
  const [name = ''] = readdirSync(root.path).filter((entry) => entry.startsWith('forker'));
  const left = await waitFor('what it has left behind', () => {
    const pids = readFileSync(join(root.path, name, 'cgroup.procs'), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(Number);
    return pids.length === 2 && pids;
  });
  assert.deepEqual(await group.end(), { memory: false, tasks: false });
  assert.equal(existsSync(join(root.path, name)), false);
  assert.deepEqual(left.filter(isRunning), []);
});

test('a group that an earlier daemon has left keeps no plugin from starting', (t) => {
  const path = temporaryDirectory(t);
  const make = () => makeCgroup({ path, controllers: new Set() }, 'again', limits);
  make();
  const [first = ''] = readdirSync(path);
  const number = Number(first.split('.')[1]);
  mkdirSync(join(path, `again.${number + 1}`));
  const { args } = make().wrap({ command: 'true', args: [], environment: {} });
  assert.ok(args.includes(join(path, `again.${number + 2}`, 'cgroup.procs')));
});

/** Where the tree of version 2 can be changed. */
function tree(): string | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  return ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((path) => existsSync(join(path, 'cgroup.procs')));
}

function whyNoTree(): string | false {
  return tree() === undefined && 'needs root and a control group tree of version 2';
}
