import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { requires } from '../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../daemon/test/support/temporary-directory.ts';

const unit = readFileSync(new URL('../snoozed.service', import.meta.url), 'utf8');
const skip = requires('systemd-analyze');

/** The unit as it stands, with programs that this machine has: `verify` looks for them. */
function unitFile(t: Parameters<typeof temporaryDirectory>[0]): string {
  const file = join(temporaryDirectory(t), 'snoozed.service');
  writeFileSync(file, unit.replace(/^(Exec\w+)=.*$/gm, '$1=/bin/true'));
  return file;
}

test('systemd-analyze verify has nothing to say about the unit', { skip }, (t) => {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unitFile(t)], {
    encoding: 'utf8',
  });
  assert.deepEqual({ status, said: stdout + stderr }, { status: 0, said: '' });
});

test('the unit is exposed by no more than 3.0', { skip }, (t) => {
  const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', unitFile(t)], { encoding: 'utf8' });
  const score = Number(/exposure level for [^:]*: ([\d.]+)/.exec(stdout)?.[1]);
  assert.ok(score <= 3, `exposure ${score}`);
});

test('the unit is a notifying one with a watchdog, under its own user, restarted on failure', () => {
  for (const line of ['Type=notify', 'NotifyAccess=main', 'User=cloudsnooze', 'Restart=on-failure', 'KillMode=mixed']) {
    assert.match(unit, new RegExp(`^${line}$`, 'm'));
  }
  assert.match(unit, /^WatchdogSec=\d+$/m);
});

test('the unit leaves bubblewrap what it needs, or no plugin could be kept to its manifest', () => {
  const [, namespaces = ''] = /^RestrictNamespaces=(.*)$/m.exec(unit) ?? [];
  for (const kind of ['user', 'mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup']) assert.ok(namespaces.includes(kind), kind);
  assert.match(unit, /^SystemCallFilter=@system-service @mount$/m);
  assert.doesNotMatch(unit, /^SystemCallFilter=~/m);
});

test('a reload asks the daemon and waits, so that a bad configuration is a failed reload', () => {
  assert.match(unit, /^ExecReload=\/usr\/bin\/snooze config reload$/m);
});

test('the unit hands the daemon its control group, in which no plugin that is killed for its memory is a failure', () => {
  for (const line of ['Delegate=memory cpu pids', 'ProtectControlGroups=no', 'OOMPolicy=continue'])
    assert.match(unit, new RegExp(`^${line}$`, 'm'));
});
