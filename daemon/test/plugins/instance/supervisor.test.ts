import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SnoozeError } from '../../../src/errors.ts';
import type { Life } from '../../../src/plugins/instance/lifecycle.ts';
import { createSupervisor } from '../../../src/plugins/instance/supervisor.ts';
import type { Runner, RunnerEnd } from '../../../src/plugins/runners/runner.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const never = new AbortController().signal;

/** A supervisor on a clock that stands still, and plugins that do nothing but end when they are told to. */
function world(t: { fails?: (start: number) => boolean; failure?: Error } = {}) {
  const clock = createFakeClock();
  const crashes: ((end: RunnerEnd) => void)[] = [];
  const lives: Life[] = [];
  let starts = 0;
  const supervisor = createSupervisor({
    heldBack: () => undefined,
    instance: 'p',
    async load(): Promise<Runner> {
      starts += 1;
      if (t.fails?.(starts)) throw t.failure ?? new Error(`start ${starts} fails`);
      const { promise: ended, resolve } = Promise.withResolvers<RunnerEnd>();
      crashes.push(resolve);
      const stop = async () => resolve({ message: 'it was told to', configurationWrong: false, exitCode: 0 });
      return { pid: starts, ended, call: async () => ({}), traffic: () => ({ toPlugin: 0, fromPlugin: 0 }), stop };
    },
    initialize: async () => {},
    clock,
    random: () => 1,
    onChange: (life) => void lives.push(life),
  });
  const crash = async (configurationWrong = false) => {
    crashes.at(-1)?.({ message: 'boom', configurationWrong, exitCode: 1 });
    await clock.advance(0);
  };
  return { clock, supervisor, crash, starts: () => starts, lives };
}

test('what fails is started again after its backoff, and no sooner', async () => {
  const { clock, supervisor, crash, starts } = world();
  await supervisor.start('test');
  await crash();
  await clock.advance(999);
  assert.deepEqual([supervisor.life().state.name, starts()], ['failed', 1]);
  await clock.advance(1);
  assert.deepEqual([supervisor.life().state.name, starts()], ['running', 2]);
});

test('what must be sandboxed and cannot be is not tried again: the host has no other sandbox next time', async () => {
  const failure = new SnoozeError('SNOOZE_E_PLUGIN_SANDBOX', 'bubblewrap does not work here');
  const { clock, supervisor, starts } = world({ fails: () => true, failure });
  await supervisor.start('test');
  const { state } = supervisor.life();
  assert.equal(state.name === 'failed' && state.retry.kind, 'on-change');
  assert.deepEqual([starts(), clock.waiting()], [1, 0]);
});

test('an event does not wait for the backoff, nor for the hour of a parked plugin', async () => {
  const { clock, supervisor, crash, starts } = world();
  for (let number = 0; number < 5; number++) {
    await supervisor.start('test');
    await crash();
  }
  const { state } = supervisor.life();
  assert.equal(state.name === 'failed' && state.retry.kind, 'parked');
  const runner = await supervisor.awaken('an event', clock.bootMs() + 1_000, never);
  assert.deepEqual([runner.pid, starts(), clock.waiting()], [6, 6, 0]);
});

test('an event waits through failing starts as long as one more fits into its time', async () => {
  const { clock, supervisor } = world({ fails: (start) => start < 4 });
  await supervisor.start('test');
  const awake = supervisor.awaken('an event', clock.bootMs() + 60_000, never);
  await clock.advance(20_000);
  assert.equal((await awake).pid, 4);
});

test('an event is told at once that the next start would come too late, or never', async () => {
  const { clock, supervisor } = world({ fails: () => true });
  await supervisor.start('test');
  await assert.rejects(supervisor.awaken('an event', clock.bootMs() + 1_000, never), /p does not run: start 2 fails/);
  const hopeless = world();
  await hopeless.supervisor.start('test');
  await hopeless.crash(true);
  await assert.rejects(hopeless.supervisor.awaken('an event', hopeless.clock.bootMs() + 60_000, never), /boom/);
  assert.equal(hopeless.starts(), 1);
});

test('one that is given up is ended before it is started again, and what it ends with later counts for nothing', async () => {
  const { clock, supervisor, starts } = world();
  await supervisor.start('test');
  const runner = supervisor.running();
  assert.ok(runner);
  supervisor.giveUp(runner, 'it hangs');
  supervisor.giveUp(runner, 'it hangs, told again');
  await clock.advance(0);
  const { state } = supervisor.life();
  assert.equal(state.name === 'failed' && state.error, 'it hangs');
  await clock.advance(1_000);
  supervisor.giveUp(runner, 'told after the restart');
  await clock.advance(60_000);
  assert.deepEqual([supervisor.life().state.name, starts()], ['running', 2]);
});

test('a stop ends the wait for a restart, the events that wait, and every timer', async () => {
  const { clock, supervisor, crash, starts } = world({ fails: (start) => start > 1 });
  await supervisor.start('test');
  await crash();
  const awake = supervisor.awaken('an event', clock.bootMs() + 60_000, never);
  const refused = assert.rejects(awake, /p does not run: the daemon ends/);
  await clock.advance(0);
  await supervisor.stop('the daemon ends', 1_000);
  await refused;
  assert.deepEqual([supervisor.life().state.name, clock.waiting()], ['stopped', 0]);
  await supervisor.start('too late');
  await clock.advance(7_200_000);
  assert.equal(starts(), 2);
});
