import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SnoozeError } from '@cloudsnooze/daemon/errors';
import { requires } from '../../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { exitCodeOf } from '../../src/exit-code.ts';
import { HANGS, startFakeDaemon } from '../support/fake-daemon.ts';
import { ended, runCli, startCli } from '../support/run-cli.ts';
import { sampleEvent, sampleStatus } from '../support/samples.ts';

/** Root without its capabilities has no more rights than the files give to their owner. */
const WITHOUT_PRIVILEGES = process.getuid?.() === 0 ? ['setpriv', '--inh-caps=-all', '--bounding-set=-all'] : [];
const skip = requires(...WITHOUT_PRIVILEGES.slice(0, 1));

describe('the exit code', () => {
  it('is 2 where the daemon refuses what was typed: a type, a time or an id that an event cannot have', () => {
    assert.equal(exitCodeOf(new SnoozeError('SNOOZE_E_EVENT_INVALID', 'no event type "custom.Deploy"')), 2);
  });

  it('is 4 where this user may not use the socket, and says who may', { skip }, async (test) => {
    const { socket, calls } = await startFakeDaemon(test, {});
    chmodSync(socket, 0);
    const { code, stdout, stderr } = await runCli(['status'], { socket, through: WITHOUT_PRIVILEGES });
    assert.deepEqual({ code, stdout, calls }, { code: 4, stdout: '', calls: [] });
    assert.equal(
      stderr,
      `snooze: ${socket}: this user may not talk to snoozed\n  type it behind sudo, or join the group and log in again: sudo usermod -aG cloudsnooze $USER\n`,
    );
  });

  it('is 4 where this user may not even look into the folder of the socket', { skip }, async (test) => {
    const folder = join(temporaryDirectory(test), 'run');
    mkdirSync(folder);
    await startFakeDaemon(test, {}, join(folder, 'snoozed.sock'));
    chmodSync(folder, 0);
    const { code } = await runCli(['status'], { socket: join(folder, 'snoozed.sock'), through: WITHOUT_PRIVILEGES });
    chmodSync(folder, 0o700);
    assert.equal(code, 4);
  });

  it('is 3 where nobody listens: no file, a file that is no socket, a socket that was left behind', async (test) => {
    const directory = temporaryDirectory(test);
    writeFileSync(join(directory, 'file'), '');
    const left = await startFakeDaemon(test, {}, join(directory, 'left'));
    await left.stop();
    for (const name of ['none', 'file', 'left']) {
      const { code, stderr } = await runCli(['why'], { socket: join(directory, name) });
      assert.equal(code, 3, name);
      assert.match(stderr, /^snooze: no snoozed answers on .*\n {2}start it /);
    }
  });

  it('is 3 where the daemon dies instead of an answer', async (test) => {
    const daemon = await startFakeDaemon(test, {
      'plugin.enable': () => {
        void daemon.stop();
        return HANGS;
      },
    });
    const { code, stderr } = await runCli(['plugin', 'enable', 'x'], { socket: daemon.socket });
    assert.equal(code, 3);
    assert.match(stderr, /^snooze: snoozed on .* went away/);
  });

  it('is 0, and nothing is said, where a reader such as `head` has seen enough', async (test) => {
    const line = { number: 1, at: '2026-11-21T08:00:00.000Z', level: 'info' as const, message: 'x'.repeat(200) };
    const entry = { id: 1, at: line.at, kind: 'veto' as const, cause: 'plugin p', summary: 'no', details: {} };
    let looks = 0;
    const { socket } = await startFakeDaemon(test, {
      'plugin.logs': ({ after }) => ({ lines: [{ ...line, number: after + 1 }] }),
      'history.list': ({ limit }) => Array(limit).fill(entry),
      'events.list': ({ before, ids = [String(looks++)] }) =>
        before === undefined ? ids.map((id) => sampleEvent({ event: { ...sampleEvent().event, id } })) : [],
      status: () => sampleStatus(),
    });
    for (const typed of ['plugin logs p -f', 'history --limit 1000', 'events tail']) {
      const child = startCli(typed.split(' '), { socket });
      const exit = ended(child);
      let complaint = '';
      child.stderr?.on('data', (text) => (complaint += text));
      child.stdout?.once('data', () => child.stdout?.destroy());
      assert.deepEqual([await exit, complaint], [0, ''], typed);
    }
  });
});
