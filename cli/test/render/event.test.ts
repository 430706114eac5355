import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventStory, eventTable } from '../../src/render/event.ts';
import { assertGolden, PIPE } from '../support/golden.ts';
import { NOW_MS, sampleEvent } from '../support/samples.ts';

const frame = { style: PIPE, nowMs: NOW_MS };

describe('an event', () => {
  it('is told as a timeline', () => assertGolden('event-story', eventStory(sampleEvent(), frame)));

  it('is told in the order of what happened, not of the handlers', () => {
    const [first, second] = sampleEvent().outcomes;
    assert.ok(first && second);
    const overlapping = { ...second, startedAt: '2026-11-20T14:19:00.120Z' };
    const lines = eventStory(sampleEvent({ outcomes: [first, overlapping] }), frame).filter((line) => /\+/.test(line));
    assert.deepEqual(
      lines.map((line) =>
        line
          .trim()
          .split(/\s{2,}/)
          .at(-1)
          ?.split(' ')
          .slice(0, 2)
          .join(' '),
      ),
      ['seen, from', 'save-work starts', 'tell-team starts', 'save-work handled', 'tell-team failed', 'done'],
    );
  });

  it('that has no end yet ends with what is known', () => {
    const lines = eventStory(sampleEvent({ state: 'dispatching', endedAt: null, outcomes: [] }), frame);
    assert.match(lines[0] ?? '', /dispatching$/);
    assert.match(lines.at(-1) ?? '', /seen, from ec2-spot$/);
  });
});

describe('the list of events', () => {
  it('is never cut: the ids are there to be copied', () => {
    const long = sampleEvent({ event: { ...sampleEvent().event, id: 'x'.repeat(200) } });
    const [, line = ''] = eventTable([long], PIPE);
    assert.match(
      line,
      /^2026-11-20 14:19:00 {2}cloud\.spot\.interrupt {2}critical {2}done {3}1 of 3 handled {2}x{200}$/,
    );
  });
});
