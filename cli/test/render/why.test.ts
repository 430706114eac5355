import '../support/golden.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whySentences } from '../../src/render/why.ts';
import { NOW_MS, sampleCheck, sampleEvent, samplePlugin, sampleStatus } from '../support/samples.ts';

describe('why', () => {
  it('an idle host is to be stopped', () => {
    assert.deepEqual(whySentences(sampleStatus(), NOW_MS), [
      'This host has been idle since 14:02 for 17 min 20 s, and the naptime is 30 min: every check is idle.',
      'It may stop in 12 min 40 s (14:32) if nothing changes.',
    ]);
  });

  it('a host that is being stopped goes down, whatever time was announced', () => {
    const snoozing = sampleStatus({ state: 'snoozing', next: 'the host is about to go down' });
    assert.notEqual(snoozing.snooze_at, null);
    assert.equal(whySentences(snoozing, NOW_MS)[1], 'Next: the host is about to go down.');
  });

  it('a busy host is not, with every check that is to blame and none that has no say', () => {
    const checks = [
      sampleCheck({ name: 'cpu', verdict: 'busy', reason: 'cpu 62.0 %, over 10 %' }),
      sampleCheck({ name: 'input', verdict: 'busy', reason: 'no input for 1 min, less than 15 min' }),
      sampleCheck({ name: 'redis', kind: 'plugin', verdict: 'unknown', reason: 'no answer within 5 s' }),
      sampleCheck({ name: 'shown', kind: 'plugin', verdict: 'busy', reason: 'busy', counts: false }),
      sampleCheck({ name: 'memory', reason: 'memory 2 %' }),
    ];
    const busy = sampleStatus({
      state: 'active',
      idle_since: null,
      snooze_at: null,
      checks,
      next: 'nothing until it is idle',
      dry_run: true,
    });
    assert.deepEqual(whySentences(busy, NOW_MS), [
      'This host is in use: cpu 62.0 %, over 10 %; no input for 1 min, less than 15 min; redis says no answer within 5 s.',
      'Next: nothing until it is idle. This is a dry run, so nothing is really done.',
    ]);
  });

  it('a host without any check is busy, for the reason that the daemon gives', () => {
    const none = sampleStatus({ state: 'active', checks: [], reason: 'there is no check' });
    assert.equal(whySentences(none, NOW_MS)[0], 'This host is in use: there is no check.');
  });

  it('an idle host is kept awake', () => {
    const held = sampleStatus({
      state: 'inhibited',
      snooze_at: null,
      next: 'no snooze while this holds',
      inhibitors: [
        {
          kind: 'schedule',
          name: 'office',
          reason: 'the schedule keeps it awake: office',
          until: '2026-11-20T18:00:00Z',
        },
      ],
      safety: [{ id: 'permission', effect: 'forbids', message: 'it may not stop itself' }],
      events: {
        pending: [sampleEvent({ endedAt: null, state: 'dispatching' })],
        last: null,
        ahead: [],
        sources: [],
        warning: null,
        unwritten: null,
      },
      last_failure: { at: '2026-11-20T14:00:00Z', message: 'denied', retry_at: null },
    });
    const [first, , ...rest] = whySentences(held, NOW_MS);
    assert.equal(
      first,
      'cloud.spot.interrupt (critical): this host is taken away in 1 min 40 s (14:21:00); 3 handlers done.',
    );
    assert.deepEqual(rest, [
      'No snooze may begin: cloud.spot.interrupt is pending; it may not stop itself; the schedule keeps it awake: office (until 18:00).',
      'The last snooze failed: denied.',
      'Next: no snooze while this holds.',
    ]);
  });

  it('a plugin that failed is blamed first', () => {
    const checks = ['jobs', 'broken'].map((name) =>
      sampleCheck({ name, kind: 'plugin', verdict: name === 'jobs' ? 'busy' : 'unknown', reason: `${name} says so` }),
    );
    const plugins = [samplePlugin({ instance: 'jobs' }), samplePlugin({ instance: 'broken', state: 'failed' })];
    const [sentence] = whySentences(sampleStatus({ state: 'active', checks, plugins }), NOW_MS);
    assert.equal(sentence, 'This host is in use: broken says so; jobs says so.');
  });

  it('nothing is known yet, or it is too late to ask', () => {
    assert.match(whySentences(sampleStatus({ state: 'starting' }), NOW_MS)[0] ?? '', /just started/);
    assert.match(whySentences(sampleStatus({ state: 'snoozing' }), NOW_MS)[0] ?? '', /going down: every check is idle/);
  });
});
