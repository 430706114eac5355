import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { sleep } from '../../../src/clock.ts';
import { createChecker } from '../../../src/plugins/instance/checking.ts';
import type { Supervisor } from '../../../src/plugins/instance/supervisor.ts';
import type { InstanceSpec } from '../../../src/plugins/manifest/instance-spec.ts';
import type { Runner } from '../../../src/plugins/runners/runner.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { waitFor } from '../../support/wait-for.ts';
import { CONTEXT, idlePlugin, METRICS, shellPlugin, startHost } from '../plugin-host.ts';

const SECOND_MS = 1_000;
const ROUND_MS = 60 * SECOND_MS;
const { signal } = new AbortController();

/** A checker of a plugin whose answers take the given times, one after the other; `idle` but where a time is odd. */
function setUp({ concurrent = false, intervalSeconds = 0 }, tookSeconds: readonly number[]) {
  const clock = createFakeClock();
  const startBootMs = clock.bootMs();
  const asked: { atMs: number; answeredAtMs: number }[] = [];
  let open = 0;
  let mostOpen = 0;
  const call: Runner['call'] = async () => {
    const seconds = tookSeconds[asked.length] ?? 0;
    const atMs = clock.bootMs() - startBootMs;
    asked.push({ atMs, answeredAtMs: atMs + seconds * SECOND_MS });
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    if (seconds > 0) await sleep(clock, seconds * SECOND_MS);
    open -= 1;
    return { is_idle: seconds % 2 === 0, reason: `it took ${seconds} s` };
  };
  const life = { state: { name: 'running' }, restarts: 0 };
  const spec = {
    instance: 'mine',
    weight: 1,
    onError: 'busy',
    role: 'check',
    intervalSeconds,
    manifest: { concurrent },
  };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const checker = createChecker({
    spec: () => spec as unknown as InstanceSpec,
    supervisor: () => ({ running: () => ({ call }), life: () => life }) as unknown as Supervisor,
    atWork: () => undefined,
    giveUp: () => assert.fail('it answers'),
    ranBefore: () => false,
    clock,
    log,
  });
  /** One round, which begins now and is over at the next one; when it had its verdict, and which. */
  const round = async (context = CONTEXT) => {
    const beganMs = clock.bootMs();
    const over = sleep(clock, ROUND_MS).then(() => {});
    const verdict = checker
      .check(METRICS, context, { over, signal })
      .then(({ verdict: found, reason }) => ({ found, reason, afterMs: clock.bootMs() - beganMs }));
    await clock.advance(ROUND_MS);
    return await verdict;
  };
  return { round, asked, mostOpen: () => mostOpen, nowMs: () => clock.bootMs() - startBootMs };
}

/** Which of the questions that are answered by then was asked last; -1 where none is. */
function newestAnswered(asked: readonly { answeredAtMs: number }[], byMs: number): number {
  return asked.findLastIndex(({ answeredAtMs }) => answeredAtMs <= byMs);
}

test('whatever a plugin does, each round has its verdict in time, and a plugin that owes an answer is not asked again', () =>
  fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.array(fc.oneof(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 400 })), { minLength: 12 }),
      async (concurrent, wholeSeconds) => {
        // no answer comes at the very instant at which a round ends
        const tookSeconds = wholeSeconds.map((seconds) => seconds + 0.5);
        const { round, asked, mostOpen, nowMs } = setUp({ concurrent }, tookSeconds);
        let heardBefore = -1;
        for (let number = 0; number < 12; number++) {
          const beganMs = nowMs();
          const before = asked.length;
          const owes = asked.some(({ answeredAtMs }) => answeredAtMs > beganMs);
          const { found, reason, afterMs } = await round();
          assert.ok(afterMs <= ROUND_MS);
          assert.equal(asked.length - before, concurrent || !owes ? 1 : 0);
          const verdictAtMs = beganMs + afterMs;
          const heard = newestAnswered(asked, verdictAtMs);
          // what came since the last verdict is what counts, whichever round asked for it; without it nobody guesses
          assert.equal(found !== 'unknown', heard !== heardBefore, reason);
          heardBefore = heard;
        }
        assert.ok(mostOpen() <= (concurrent ? 8 : 1));
      },
    ),
    { numRuns: 60 },
  ));

test('an answer that comes after its round counts for the next one', async () => {
  const { round } = setUp({}, [90, 0]);
  assert.deepEqual(await round(), {
    found: 'unknown',
    reason: 'mine has not answered for 60.0 s; it is asked again when it has',
    afterMs: ROUND_MS,
  });
  assert.deepEqual(await round(), { found: 'idle', reason: 'it took 90 s', afterMs: 30 * SECOND_MS });
  assert.deepEqual(await round(), { found: 'idle', reason: 'it took 0 s', afterMs: 0 });
});

test('the look right before a snooze takes nothing that was asked for before it', async () => {
  const lastLook = { ...CONTEXT, state: 'snoozing' };
  const slow = setUp({}, [90, 4]);
  await slow.round();
  assert.deepEqual(await slow.round(lastLook), { found: 'idle', reason: 'it took 4 s', afterMs: 34 * SECOND_MS });
  const hung = setUp({}, [1000]);
  await hung.round();
  assert.equal((await hung.round(lastLook)).found, 'unknown');
  const seldom = setUp({ intervalSeconds: 600 }, [0, 1]);
  await seldom.round();
  assert.equal((await seldom.round()).found, 'idle');
  assert.equal((await seldom.round(lastLook)).found, 'busy');
});

test('a plugin with an interval of its own is asked in the rounds that are nearest to it', async () => {
  const same = setUp({ intervalSeconds: 60 }, [2, 2, 2]);
  for (let number = 0; number < 3; number++) await same.round();
  assert.equal(same.asked.length, 3);
  const twice = setUp({ intervalSeconds: 120 }, [2, 2]);
  for (let number = 0; number < 4; number++) assert.equal((await twice.round()).found, 'idle');
  assert.deepEqual(
    twice.asked.map(({ atMs }) => atMs),
    [0, 2 * ROUND_MS],
  );
});

test('a plugin that hangs makes no other one wait, and is heard when it answers at last', async (t) => {
  const hangs = shellPlugin(
    'hangs',
    `case $method in CheckIdle) echo asked >>"$HOME/asked"; while ! [ -e "$HOME/go" ]; do sleep 0.02; done;; esac
  echo '{"id":'$id',"result":{"is_idle":true,"reason":"at last"}}'`,
    { timeouts: { check_seconds: 3600 } },
  );
  const clock = createFakeClock();
  const { host, directory } = await startHost(t, [hangs, idlePlugin('quick')], { clock });
  const round = () => host.checkAll(METRICS, CONTEXT, { waitMs: ROUND_MS, signal });
  for (let number = 1; number <= 3; number++) {
    const answers = round();
    await waitFor('the other answer', () => host.measurements()[1]?.methods['CheckIdle']?.calls === number);
    await clock.advance(ROUND_MS);
    assert.deepEqual(
      (await answers).map(({ reason }) => reason),
      [`hangs has not answered for ${number * 60}.0 s; it is asked again when it has`, 'nothing to do'],
    );
  }
  const home = join(directory, 'state', 'plugin-state', 'hangs');
  await waitFor('the question', () => existsSync(join(home, 'asked')));
  writeFileSync(join(home, 'go'), '');
  assert.deepEqual(
    (await round()).map(({ verdict }) => verdict),
    ['idle', 'idle'],
  );
  assert.equal(host.list()[0]?.reason, 'at last');
  assert.equal(readFileSync(join(home, 'asked'), 'utf8'), 'asked\n');
});
