import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { SnoozeError } from '@cloudsnooze/daemon/errors';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { parseData, parseDeadline, parseSeverity } from '../../src/parse-event.ts';
import type { EventRecord } from '../../src/render/event.ts';
import { callCli } from '../support/call-cli.ts';
import { startFakeDaemon } from '../support/fake-daemon.ts';
import { runCli, startCli } from '../support/run-cli.ts';
import { sampleEvent, sampleStatus } from '../support/samples.ts';

const isUsage = (pattern: RegExp) => (error: unknown) =>
  error instanceof SnoozeError && error.code === 'SNOOZE_E_USAGE' && pattern.test(error.message);

describe('the data of an event', () => {
  it('is made of key=value, each JSON where it can be', () => {
    assert.deepEqual(parseData(['job=nightly', 'mb=120', 'url=a=b', 'empty=', 'list=[1]']), {
      job: 'nightly',
      mb: 120,
      url: 'a=b',
      empty: '',
      list: [1],
    });
    assert.deepEqual(parseData([]), {});
  });
  it('may be one JSON object', () => assert.deepEqual(parseData(['{"a": {"b": null}}']), { a: { b: null } }));
  it('is nothing else', () => {
    assert.throws(() => parseData(['nightly']), isUsage(/found "nightly"/));
    assert.throws(() => parseData(['=x']), isUsage(/found "=x"/));
    assert.throws(() => parseData(['{"a": 1', '}']), isUsage(/key=value/));
    assert.throws(() => parseData(['{a: 1}']), isUsage(/this is not JSON/));
  });
});

describe('the severity of an event', () => {
  it('is a number or a name', () => {
    assert.deepEqual(['0', 'warning', '3', undefined].map(parseSeverity), [0, 1, 3, undefined]);
    for (const wrong of ['4', 'urgently', ''])
      assert.throws(() => parseSeverity(wrong), isUsage(/0 to 3 or info, warning/));
  });
});

describe('the deadline of an event', () => {
  it('is seconds from now', () => {
    assert.deepEqual(
      ['120', '0.5', undefined].map((typed) => parseDeadline(typed)),
      [120, 0.5, undefined],
    );
    for (const wrong of ['0', '-1', '2m', ' ', 'Infinity'])
      assert.throws(() => parseDeadline(wrong), isUsage(/^--deadline: expected seconds over 0, found/));
    assert.throws(
      () => parseDeadline('3601', '--in', 3600),
      isUsage(/^--in: expected seconds over 0 and at most 3600, found/),
    );
  });
});

/** A command that goes on until ^C, and what it has printed so far. */
function follow(test: TestContext, typed: readonly string[], socket: string) {
  const child = startCli(typed, { socket });
  test.after(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout?.on('data', (chunk) => (text += chunk));
  const closed = once(child, 'close'); // only then has all been read
  return {
    text: () => text,
    /** ^C; the exit code. */
    async interrupt() {
      child.kill('SIGINT');
      const [code] = await closed;
      return code;
    },
  };
}

const SENT = { id: 'e1', durable: true, known: null };

describe('snooze events', () => {
  it('sends one and says how to follow it', async (test) => {
    const { socket, calls } = await startFakeDaemon(test, { 'events.send': () => SENT });
    const { stdout } = await runCli(
      ['events', 'send', 'custom.backup', '--data', 'job=nightly', 'mb=1', '--severity', 'urgent', '--deadline', '30'],
      { socket },
    );
    assert.equal(stdout, 'e1\nwhat becomes of it: snooze events show e1\n');
    await runCli(['events', 'send', 'custom'], { socket });
    assert.deepEqual(
      calls.map(({ params }) => params),
      [
        { type: 'custom.backup', data: { job: 'nightly', mb: 1 }, severity: 2, deadline_seconds: 30 },
        { type: 'custom', data: {} },
      ],
    );
  });

  for (const [change, words] of [
    [{ known: 'same' }, 'it was sent before, and is not dispatched again'],
    [{ known: 'different' }, 'it was sent before, and is not dispatched again, though it is not the same now'],
    [{ durable: false }, 'it is in memory alone until there is room on the disk'],
  ] as const) {
    it(`says of what it has sent: ${words}`, async (test) => {
      const { socket, calls } = await startFakeDaemon(test, { 'events.send': () => ({ ...SENT, ...change }) });
      const { stdout, code } = await runCli(['events', 'send', 'custom', '--id', 'nightly-17'], { socket });
      assert.deepEqual([code, stdout.split('\n')[1]], [0, words]);
      assert.deepEqual(calls[0]?.params, { id: 'nightly-17', type: 'custom', data: {} });
    });
  }

  it('sends nothing that was typed wrong', async (test) => {
    const { socket, calls } = await startFakeDaemon(test, { 'events.send': () => SENT });
    const { code, stderr } = await runCli(['events', 'send', '--data', 'a=1', 'custom'], { socket });
    assert.equal(code, 2);
    assert.match(stderr, /^snooze: missing required argument 'TYPE'|expected key=value/);
    assert.deepEqual(calls, []);
  });

  it('lists and tells them', async (test) => {
    const { socket, calls } = await startFakeDaemon(test, {
      'events.list': ({ limit, before }) => (limit === 1 || before !== undefined ? [] : [sampleEvent()]),
      'events.show': () => sampleEvent(),
    });
    const run = async (...typed: string[]) => (await runCli(['events', ...typed], { socket })).stdout;
    assert.match(await run('list'), /spot-i-0abc-stop\n$/);
    assert.equal(await run('list', '--limit', '1'), 'no event has been seen\n');
    assert.match(await run('show', 'spot-i-0abc-stop'), /save-work handled it after 900 ms/);
    assert.deepEqual(JSON.parse(await run('show', 'spot-i-0abc-stop', '--json')), sampleEvent());
    assert.deepEqual(
      calls.slice(0, 4).map(({ params }) => params),
      [{ limit: 20 }, { limit: 19, before: 'spot-i-0abc-stop' }, { limit: 1 }, { id: 'spot-i-0abc-stop' }],
    );
  });
});

describe('snooze events rehearse', () => {
  it('says on ^C that the handlers go on, and passes for no rehearsal', async (test) => {
    const running = sampleEvent({ state: 'dispatching', endedAt: null, outcomes: [] });
    const { socket, calls } = await startFakeDaemon(test, {
      'events.rehearse': () => ({ id: 'e1' }),
      'events.show': () => ({ ...running, durable: true, unwritten: null, related: [] }),
    });
    const follower = follow(test, ['events', 'rehearse', 'spot'], socket);
    await waitFor('a look', () => calls.some(({ method }) => method === 'events.show'));
    assert.equal(await follower.interrupt(), 1);
    assert.match(
      follower.text(),
      /\nthe handlers go on; snooze events show e1 tells, and snooze events cancel e1 ends it\n$/,
    );
  });
});

describe('snooze events rehearse --dry-run', () => {
  it('says that nobody is called, and counts no more time than the rehearsal would have', async (test) => {
    const handler = { priority: 50, mode: 'handle', problem: null } as const;
    const { socket, calls } = await startFakeDaemon(test, {
      'events.handlers': ({ type = '' }) => [
        {
          type,
          title: 'it comes',
          dispatch: 'all',
          enabled: type !== 'cloud.instance.maintenance',
          handlers: [
            { ...handler, instance: 'slow', timeout_seconds: 60 },
            { ...handler, instance: 'quick', timeout_seconds: 2 },
          ],
          not_called: [],
          warning: null,
        },
      ],
    });
    const dryRun = async (...typed: string[]) =>
      (await callCli(['events', 'rehearse', ...typed, '--dry-run'], { socket })).stdout;
    const spot = await dryRun('spot', '--in', '3');
    assert.match(spot, /^a dry run, nobody is called: these would be, and would have 3 s in all\n/);
    assert.match(spot, /slow +handles +at most 3 s\n.*quick +handles +at most 2 s\n$/);
    assert.match(
      await dryRun('rebalance', '--in', '3'),
      /^a dry run, nobody is called: these would be\n(.*\n)*.*at most 1 min/,
    );
    const off = await callCli(['events', 'rehearse', 'maintenance', '--dry-run'], { socket });
    assert.deepEqual([off.code, off.stdout.split('\n')[0]], [1, 'a dry run; nobody would be called: it is turned off']);
    assert.deepEqual(
      calls.map(({ params }) => params),
      ['spot.interrupt', 'instance.rebalance', 'instance.maintenance'].map((type) => ({ type: `cloud.${type}` })),
    );
  });
});

describe('snooze handlers', () => {
  it('asks the daemon for the type that was typed: it knows whose plugins take it', async (test) => {
    const { socket, calls } = await startFakeDaemon(test, {
      'events.handlers'({ type = 'custom' }) {
        if (type === 'cloud.spot') return { failure: { code: 'SNOOZE_E_EVENT_INVALID', message: 'there is none' } };
        return [{ type, title: 'own', dispatch: 'first', enabled: true, handlers: [], not_called: [], warning: null }];
      },
    });
    assert.equal((await callCli(['handlers', 'custom.backup'], { socket })).stdout, 'nobody handles custom.backup\n');
    assert.equal((await callCli(['handlers'], { socket })).stdout, 'nobody handles custom\n');
    assert.deepEqual(
      calls.map(({ params }) => params),
      [{ type: 'custom.backup' }, {}],
    );
    const { code, stderr } = await callCli(['handlers', 'cloud.spot'], { socket });
    assert.deepEqual([code, stderr], [2, 'snooze: there is none\n']);
  });
});

describe('snooze events tail', () => {
  it('goes on through a restart of the daemon, and ends with 0 on ^C', async (test) => {
    let events = [sampleEvent({ state: 'dispatching', endedAt: null, outcomes: [] })];
    const daemon = await startFakeDaemon(test, {
      'events.list': () => events,
      status: () => sampleStatus(),
    });
    const follower = follow(test, ['events', 'tail'], daemon.socket);
    const looks = () => daemon.calls.filter(({ method }) => method === 'events.list').length;
    await waitFor('the second look, after a first that was answered', () => looks() > 1);
    await daemon.stop();
    await waitFor('the loss', () => follower.text().includes('gone: '));
    events = [sampleEvent()];
    await daemon.start();
    await waitFor('what came of it meanwhile', () => follower.text().includes('done'));
    assert.equal(await follower.interrupt(), 0);
    assert.match(
      follower.text(),
      /^\d\d:\d\d:\d\d {2}gone: [^\n]+; trying again\n\d\d:\d\d:\d\d {2}snoozed answers again\n[^\n]+save-work handled it/,
    );
    assert.equal(follower.text().split('\n').length, 7);
  });

  it('prints each event of a storm, and what becomes of one that lies behind more than it is given at once', async (test) => {
    const { event } = sampleEvent();
    const open: Partial<EventRecord> = { state: 'dispatching', endedAt: null, outcomes: [] };
    const storm = Array.from({ length: 350 }, (_, number) =>
      sampleEvent({ ...open, event: { ...event, id: `storm-${number}`, type: 'custom.x' } }),
    ).toReversed();
    let events = [sampleEvent(open)];
    const daemon = await startFakeDaemon(test, {
      'events.list'({ limit, before, ids }) {
        if (ids !== undefined) return ids.flatMap((id) => events.find((one) => one.event.id === id) ?? []);
        const first = events.findIndex((one) => one.event.id === before) + 1;
        return events.slice(first, first + Math.min(limit, 200));
      },
      status: () => sampleStatus(),
    });
    const follower = follow(test, ['events', 'tail'], daemon.socket);
    await waitFor('the first look', () => daemon.calls.some(({ method }) => method === 'status'));
    events = [...storm, sampleEvent(open)];
    await waitFor('the storm', () => follower.text().includes('storm-349'));
    assert.equal(new Set(follower.text().match(/storm-\d+/g)).size, 350);
    events = [
      ...storm.slice(0, -1),
      sampleEvent({ event: { ...event, id: 'storm-0', type: 'custom.x' } }),
      sampleEvent(),
    ];
    await waitFor('both ends', () => follower.text().match(/done$/gm)?.length === 2);
    assert.equal(await follower.interrupt(), 0);
    assert.match(follower.text(), /cloud\.spot\.interrupt {2}save-work handled it/);
  });
});
