import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { createImds } from '../../../src/cloud/aws/imds.ts';
import { ec2Spot, parseInstanceAction } from '../../../src/events/sources/ec2-spot.ts';
import { parseQueueEvent } from '../../../src/events/sources/queue-events.ts';
import { noticeOf } from '../../../src/events/sources/queue-notices.ts';
import type { SourceContext } from '../../../src/events/sources/source.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { HTTP_FAULTS } from '../../support/http-faults.ts';
import { createMemoryJournal } from '../../support/memory-journal.ts';
import { waitFor } from '../../support/wait-for.ts';
import { spot } from './queue-bodies.ts';
import { type Ec2Options, identity, sourceContext, startEc2Source } from './source-world.ts';

/** The source on a real metadata service, polling as fast as it is answered unless it is told otherwise. */
async function startSource(t: TestContext, options: Ec2Options = {}) {
  const world = await startEc2Source(t, ec2Spot, options);
  const { health } = world.start();
  await waitFor('the first answer', () => health().status === 'ok');
  return { ...world, health };
}

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

// 404 is the word that there is no notice.
for (const fault of HTTP_FAULTS.filter((kind) => kind !== 404)) {
  test(`a service that gives ${fault} is one line in the log, shown in the health, and picked up again`, async (t) => {
    let isFailing = false;
    const { service, lines, health, notices } = await startSource(t, { givesUp: () => isFailing });
    isFailing = true;
    service.faults.always(fault, { scope: 'item' });
    await waitFor('the failure', () => health().status === 'failing');
    const polls = service.requests.length;
    await waitFor('more polls', () => service.requests.length >= polls + 4);
    assert.equal(lines.filter((line) => line.includes('cannot be seen')).length, 1, lines.join('\n'));
    service.faults.clear();
    await waitFor('the recovery', () => health().status === 'ok');
    isFailing = false;
    assert.equal(lines.at(-1), 'spot notices can be seen again');
    service.set('spot/instance-action', { action: 'terminate', time: inSeconds(120) });
    await waitFor('the notice', () => notices.length > 0);
  });
}

for (const [name, body] of [
  ['garbage', 'oops'],
  ['truncated JSON', '{"action":"terminate","ti'],
  ['wrong types', '{"action":1,"time":2}'],
  ['an unknown action', '{"action":"explode","time":"2026-01-01T00:00:00Z"}'],
  ['a time that is none', '{"action":"stop","time":"soon"}'],
] as const) {
  test(`a notice of ${name} is an error, not an event`, () => {
    assert.throws(() => parseInstanceAction(body), /the spot notice is not understood: /);
  });
}

test('the notice keeps its identity while its time moves, and is taken back when it vanishes', async (t) => {
  const { service, notices } = await startSource(t);
  for (const seconds of [120, 121, 122]) {
    service.set('spot/instance-action', { action: 'terminate', time: inSeconds(seconds) });
    const seen = notices.length;
    await waitFor('a poll', () => notices.length > seen);
  }
  service.set('spot/instance-action', null);
  await waitFor('the end', () => notices.at(-1)?.kind === 'canceled');
  assert.deepEqual([...new Set(notices.map(({ id }) => id))], ['spot-interrupt:i-0abc:terminate:boot1']);
  // As it was at the notice: another number at each poll would be a write to the disk at each poll.
  const remaining = notices.flatMap((notice) =>
    notice.kind === 'notice' ? notice.data['time_remaining_seconds'] : [],
  );
  assert.equal(new Set(remaining).size, 1, remaining.join());
});

test('another action is another event, and the one before is off', async (t) => {
  const { service, notices } = await startSource(t);
  service.set('spot/instance-action', { action: 'stop', time: inSeconds(120) });
  await waitFor('the first notice', () => notices.length > 0);
  service.set('spot/instance-action', { action: 'terminate', time: inSeconds(60) });
  const canceled = await waitFor('the end of the first', () => notices.find(({ kind }) => kind === 'canceled'));
  assert.deepEqual(canceled, {
    kind: 'canceled',
    id: 'spot-interrupt:i-0abc:stop:boot1',
    reason: 'EC2 now says terminate',
  });
  // The new one is there before the old one goes, so that no moment is without a pending event.
  assert.equal(notices[notices.indexOf(canceled) - 1]?.id, 'spot-interrupt:i-0abc:terminate:boot1');
});

test('an interruption that is taken back stays so when the queue repeats it, and a new one comes through from either', async (t) => {
  const { service, journal, context } = await startSource(t);
  const isOn = () => journal.get('spot-interrupt:i-0abc:terminate:boot1')?.closing === null;
  const metadataSays = async (notice: { action: string; time: string } | null) => {
    service.set('spot/instance-action', notice);
    await waitFor('it to be known', () => isOn() === (notice !== null));
  };
  const queueSays = (wallMs: number) => {
    const event = parseQueueEvent(JSON.stringify(spot('i-0abc', new Date(wallMs)))) ?? assert.fail('no event');
    context.emit(noticeOf(event, context) ?? assert.fail('no notice'));
  };
  const firstMs = Date.now();
  await metadataSays({ action: 'terminate', time: inSeconds(120) });
  await metadataSays(null);
  queueSays(firstMs);
  assert.equal(isOn(), false, 'told once more');
  await metadataSays({ action: 'terminate', time: inSeconds(120) });
  await metadataSays(null);
  queueSays(firstMs);
  assert.equal(isOn(), false, 'told a third time');
  queueSays(Date.now() + 1000);
  assert.equal(isOn(), true, 'a new one');
});

test('a notice that cannot be read for a while is not taken back', async (t) => {
  const { service, notices, health } = await startSource(t);
  service.set('spot/instance-action', { action: 'terminate', time: inSeconds(120) });
  await waitFor('the notice', () => notices.length > 0);
  assert.match(health().message, /^EC2 says terminate at 2/);
  service.faults.always('truncated', { scope: 'item' });
  await waitFor('the failure', () => health().status === 'failing');
  assert.match(health().message, /the spot notice is not understood/);
  service.faults.clear();
  await waitFor('the recovery', () => health().status === 'ok');
  assert.ok(notices.every(({ kind }) => kind === 'notice'));
});

test('a notice that one answer lost is not taken back, so that no handler is canceled for it', async (t) => {
  const clock = createFakeClock();
  const { service, notices, health } = await startSource(t, { clock, pollSeconds: 5 });
  const poll = async (afterMs: number) => {
    const before = service.requests.length;
    await waitFor('the wait', () => clock.waiting() === 1);
    await clock.advance(afterMs);
    await waitFor('the answer', () => service.requests.length > before && clock.waiting() === 1);
  };
  const notice = { action: 'terminate', time: '2026-01-01T00:02:00Z' };
  // What is in doubt is asked again after two seconds.
  for (const [said, afterMs] of [
    [notice, 5000],
    [null, 5000],
    [notice, 2000],
    [null, 5000],
  ] as const) {
    service.set('spot/instance-action', said);
    await poll(afterMs);
    assert.equal(notices.at(-1)?.kind, 'notice', health().message);
  }
  await clock.advance(2000);
  await waitFor('the end', () => notices.at(-1)?.kind === 'canceled');
});

test('a service that fails in one way after the other is still one line, and the health has the last', async (t) => {
  const { service, lines, health } = await startSource(t);
  for (const status of [500, 403, 503, 500]) {
    service.faults.clear();
    service.faults.always(status, { scope: 'item' });
    await waitFor(`the ${status}`, () => health().message.includes(`answered ${status}`));
  }
  assert.equal(lines.length, 1, lines.join('\n'));
});

test('it polls on a steady beat, from start to start, and never two at a time', async (t) => {
  const clock = createFakeClock();
  const polls: { atMs: number; answer: (text: string | undefined) => void }[] = [];
  const startMs = clock.bootMs();
  const { context, end, watch } = sourceContext(t, {
    clock,
    imds: {
      get: () => new Promise((answer) => polls.push({ atMs: clock.bootMs() - startMs, answer })),
      counts: () => ({ requests: 0, tokens: 0 }),
      close: () => {},
    },
  });
  assert.equal(context.config().spot_poll_seconds, 5);
  watch(ec2Spot);
  for (const answerTakesMs of [0, 1500, 7000, 10]) {
    await clock.advance(answerTakesMs);
    polls.at(-1)?.answer(undefined);
    await clock.advance(Math.max(0, 5000 - answerTakesMs));
  }
  assert.deepEqual(
    polls.map(({ atMs }) => atMs),
    [0, 5000, 10_000, 17_000, 22_000],
  );
  const ended = end();
  polls.at(-1)?.answer(undefined);
  await ended;
  assert.equal(clock.waiting(), 0);
});

test('metadata that is refused is asked for again within five seconds, however often it was refused', async (t) => {
  const clock = createFakeClock();
  const { service, health } = await startSource(t, { clock, pollSeconds: 5 });
  const items = () => service.requests.filter(({ method }) => method === 'GET').length;
  const answered = () => waitFor('the answer to a poll', () => clock.waiting() === 1);
  await answered();
  service.faults.always(403, { scope: 'item' });
  await clock.advance(5000);
  await waitFor('the refusal', () => health().status === 'failing');
  assert.match(health().message, /turned off.*modify-instance-metadata-options/);
  await answered();
  for (const refusals of [1, 2, 3]) {
    const before = items();
    await clock.advance(5000);
    await waitFor(`refusal ${refusals + 1}`, () => items() > before);
    await answered();
  }
  service.faults.clear();
  await clock.advance(5000);
  await waitFor('the recovery', () => health().status === 'ok');
});

test('one token and one connection serve all polls; a token that is gone is fetched anew', async (t) => {
  const { service, imds, health } = await startSource(t);
  await waitFor('many polls', () => service.requests.length > 20);
  assert.equal(service.connections().accepted, 1);
  assert.equal(imds.counts().tokens, 1);
  service.revokeTokens();
  await waitFor('a second token', () => imds.counts().tokens === 2);
  assert.equal(health().status, 'ok');
});

test('it applies to spot hosts of EC2 alone', (t) => {
  const { context } = sourceContext(t);
  const imds = createImds({ endpoint: 'http://127.0.0.1:1', clock: systemClock });
  const applies = (change: Partial<SourceContext>) => ec2Spot.applies({ ...context, imds, ...change });
  assert.equal(applies({}), true);
  assert.equal(applies({ identity: { ...identity, lifecycle: null } }), true);
  assert.equal(applies({ identity: { ...identity, lifecycle: 'on-demand' } }), false);
  assert.equal(applies({ identity: null, imds: null }), false);
  imds.close();
});

test('a notice that vanished while the daemon was away is taken back by the next one', async (t) => {
  const journal = createMemoryJournal();
  const first = await startSource(t, { journal });
  first.service.set('spot/instance-action', { action: 'stop', time: inSeconds(120) });
  await waitFor('the notice', () => first.notices.length > 0);
  await first.end();
  const second = await startSource(t, { journal });
  await waitFor('the end', () => second.notices.length > 0);
  assert.deepEqual(second.notices, [
    { kind: 'canceled', id: 'spot-interrupt:i-0abc:stop:boot1', reason: 'EC2 has taken the notice back' },
  ]);
});
