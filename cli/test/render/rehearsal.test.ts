import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPassed, rehearsalReport } from '../../src/render/rehearsal.ts';
import { PIPE } from '../support/golden.ts';
import { sampleEvent } from '../support/samples.ts';

const [handled, , skipped] = sampleEvent().outcomes;
const frame = { style: PIPE, width: 80 };

test('who had no time left was not done, and whom another has spared was', () => {
  assert.ok(handled && skipped);
  const late = sampleEvent({ outcomes: [handled, skipped] });
  assert.equal(isPassed(late), false);
  assert.equal(rehearsalReport(late, frame).at(-1), 'not done: late-one');
  const spared = sampleEvent({ outcomes: [handled, { ...skipped, message: 'save-work has handled it' }] });
  assert.equal(isPassed(spared), true);
  assert.equal(rehearsalReport(spared, frame).at(-1), 'all 2 were done in time');
});
