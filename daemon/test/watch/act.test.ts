import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '../../src/clock.ts';
import type { Provider } from '../../src/cloud/provider.ts';
import type { Inhibition } from '../../src/idle/check.ts';
import { type ActParts, act } from '../../src/watch/act.ts';
import type { Round } from '../../src/watch/round.ts';
import { configWith } from '../cloud/config-with.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const IDENTITY: Provider['identity'] = {
  provider: 'aws',
  instanceId: 'i-0abc',
  instanceType: 'm7i.large',
  region: 'eu-west-1',
  availabilityZone: null,
  accountId: null,
  lifecycle: null,
};

const CONFIG = configWith({});
const DRY = configWith({ dry_run: true });

/** An attempt on an idle host in a cloud; `done` is all that was done, in its order. */
function setUp(change: Partial<ActParts> = {}) {
  const clock = createFakeClock();
  const done: string[] = [];
  const round = (host: Partial<Round['host']> = {}): Round => ({
    sample: { wallMs: clock.wallMs(), bootMs: clock.bootMs(), readings: {}, tookMs: {} },
    checks: [],
    host: { verdict: 'idle', reason: 'all 5 checks say idle', blockers: [], ...host },
  });
  const provider: Provider = {
    name: 'aws',
    identity: IDENTITY,
    tag: (tags) => Promise.resolve(void done.push(`tag ${tags['CloudSnooze:Status']}`)),
    stop: () => Promise.resolve(),
    describeStop: () => 'stop it',
    look: () => Promise.resolve([]),
  };
  const parts: ActParts = {
    look: () => Promise.resolve(round()),
    inhibitions: () => [],
    plugins: { beforeSnooze: () => Promise.resolve(null) },
    provider,
    action: { name: 'stop', describe: () => 'stop it', perform: () => Promise.resolve(void done.push('stop')) },
    run: () => Promise.reject(new Error('not asked for')),
    history: { add: ({ kind, summary }) => void done.push(`${kind}: ${summary}`), list: () => [] },
    config: () => CONFIG,
    clock,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    signal: new AbortController().signal,
    ...change,
  };
  const attempt = async () => {
    const outcome = act(parts, 1_800);
    await clock.advance(10_000);
    return await outcome;
  };
  return { attempt, done, round, provider, clock };
}

test('what was decided is on record before it is done, and the tags come before the stop', async () => {
  const { attempt, done } = setUp();
  assert.deepEqual(await attempt(), { kind: 'going-down' });
  assert.deepEqual(
    done.map((what) => what.replace(/\(.*\)/, '(…)')),
    ['snooze: tag the instance (…), then stop it', 'tag Stopped', 'stop'],
  );
});

test('a dry run records what it would have done, and touches nothing', async () => {
  const { attempt, done } = setUp({ config: () => DRY });
  assert.deepEqual(await attempt(), { kind: 'done' });
  assert.equal(done.length, 1);
  assert.match(String(done), /^snooze: dry run: would tag the instance \(.*\), then stop it$/);
});

test('a host that the last look finds in use is left alone', async () => {
  const { round } = setUp();
  const look = () => Promise.resolve(round({ verdict: 'busy', reason: 'cpu 62 %, over 10 %' }));
  const { attempt, done } = setUp({ look });
  assert.deepEqual([await attempt(), done], [{ kind: 'aborted', reason: 'cpu 62 %, over 10 %' }, []]);
});

test('what has come to forbid a snooze since the round that began it is honoured', async () => {
  const reason = 'cloud.spot.interrupt is pending';
  const { attempt, done } = setUp({ inhibitions: () => [{ kind: 'event', name: 'e1', reason, untilBootMs: null }] });
  assert.deepEqual([await attempt(), done], [{ kind: 'aborted', reason }, []]);
});

test('a plugin that does not allow it is on record, and nothing is done', async () => {
  const veto = { instance: 'backup', reason: 'a backup runs', delaySeconds: 90 };
  const { attempt, done } = setUp({ plugins: { beforeSnooze: () => Promise.resolve(veto) } });
  assert.deepEqual(await attempt(), {
    kind: 'vetoed',
    reason: 'backup does not allow it: a backup runs',
    delaySeconds: 90,
  });
  assert.deepEqual(done, ['veto: snooze put off: a backup runs']);
});

test('what comes to forbid a snooze while the plugins are asked is honoured', async () => {
  const pending = [
    { kind: 'event', name: 'e1', reason: 'cloud.spot.interrupt is pending', untilBootMs: null },
  ] as const;
  for (const reason of ['the configuration was changed', pending[0].reason, 'snoozed is ending']) {
    const ending = new AbortController();
    const asked = { config: CONFIG, inhibitions: [] as Inhibition[] };
    const beforeSnooze = () => {
      if (reason === 'the configuration was changed') asked.config = DRY;
      else if (reason === 'snoozed is ending') ending.abort();
      else asked.inhibitions = [...pending];
      return Promise.resolve(null);
    };
    const { attempt, done } = setUp({
      config: () => asked.config,
      inhibitions: () => asked.inhibitions,
      signal: ending.signal,
      plugins: { beforeSnooze },
    });
    assert.deepEqual([await attempt(), done], [{ kind: 'aborted', reason }, []]);
  }
});

test('somebody who comes while the plugins save is not stopped, and what they save does not count', async () => {
  const { round } = setUp();
  const saving = { kind: 'monitor', name: 'disk', verdict: 'busy', reason: 'disk 90 MiB/s' };
  const typing = { kind: 'monitor', name: 'input', verdict: 'busy', reason: 'no input for 2 s, less than 15 min' };
  for (const [checks, outcome] of [
    [[saving], { kind: 'going-down' }],
    [[saving, typing], { kind: 'aborted', reason: typing.reason }],
  ]) {
    const looks = [round(), { ...round({ verdict: 'busy', reason: 'disk 90 MiB/s' }), checks }] as Round[];
    const passing = { clock: createFakeClock() };
    const set = setUp({
      look: () => Promise.resolve(looks.shift() ?? assert.fail('looked too often')),
      plugins: { beforeSnooze: (_, signal) => sleep(passing.clock, 5_000, signal).then(() => null) },
    });
    passing.clock = set.clock;
    assert.deepEqual(await set.attempt(), outcome);
  }
});

test('a notice that comes while the instance is tagged calls the stop off, on record and in the tags', async () => {
  const { provider } = setUp();
  const notice = { kind: 'event', name: 'e1', reason: 'cloud.spot.interrupt is pending', untilBootMs: null } as const;
  let isPending = false;
  const tagged: string[] = [];
  const tag = (tags: Record<string, string>) => {
    isPending = true;
    return Promise.resolve(void tagged.push(tags['CloudSnooze:Status'] ?? ''));
  };
  const { attempt, done } = setUp({ provider: { ...provider, tag }, inhibitions: () => (isPending ? [notice] : []) });
  const message = `called off at the last moment: ${notice.reason}`;
  assert.deepEqual(await attempt(), { kind: 'failed', message });
  assert.deepEqual([tagged, done.at(-1)], [['Stopped', 'StopFailed'], `snooze-failed: ${message}`]);
});

test('a daemon that is told to end during the last look does nothing more', async () => {
  const { attempt, done } = setUp({ signal: AbortSignal.abort() });
  assert.deepEqual([await attempt(), done], [{ kind: 'aborted', reason: 'snoozed is ending' }, []]);
});

test('a refused tag is on record and the stop goes on; a refused stop is on record and in the tags', async () => {
  const { provider } = setUp();
  const refused = setUp({ provider: { ...provider, tag: () => Promise.reject(new Error('denied')) } });
  assert.deepEqual(await refused.attempt(), { kind: 'going-down' });
  assert.deepEqual(refused.done.slice(1), ['daemon: the instance was not tagged: denied', 'stop']);

  const perform = () => Promise.reject(new Error('no capacity to stop'));
  const failing = setUp({ action: { name: 'stop', describe: () => 'stop it', perform } });
  assert.deepEqual(await failing.attempt(), { kind: 'failed', message: 'no capacity to stop' });
  assert.deepEqual(failing.done.slice(1), ['tag Stopped', 'tag StopFailed', 'snooze-failed: no capacity to stop']);
});
