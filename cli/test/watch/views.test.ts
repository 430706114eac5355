import '../support/golden.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFakeClock } from '../../../daemon/test/support/fake-clock.ts';
import type { Output } from '../../src/context.ts';
import { createLineView } from '../../src/watch/line-view.ts';
import { ENTER_SCREEN, LEAVE_SCREEN } from '../../src/watch/screen.ts';
import { createScreenView } from '../../src/watch/screen-view.ts';
import { MONOCHROME } from '../support/golden.ts';
import { NOW_MS, sampleCheck, sampleStatus } from '../support/samples.ts';

/** An output that keeps what is written, in a window that can be resized. */
function recordingOutput() {
  const written: string[] = [];
  const resized = new Set<() => void>();
  let size = { columns: 80, rows: 40 };
  let onExit: (() => void) | undefined;
  const output: Output = {
    isTerminal: true,
    write: (text) => void written.push(text),
    size: () => size,
    onResize(callback) {
      resized.add(callback);
      return () => resized.delete(callback);
    },
    beforeExit(leave) {
      onExit = leave;
      return () => {
        onExit?.();
        onExit = undefined;
      };
    },
  };
  const resize = (columns: number, rows: number) => {
    size = { columns, rows };
    for (const callback of resized) callback();
  };
  return { output, written, resize, listeners: () => resized.size, take: () => written.splice(0).join('') };
}

const sighting = (change: Parameters<typeof sampleStatus>[0] = {}, problem?: unknown) => ({
  found: sampleStatus(change),
  seenMs: NOW_MS,
  problem,
});

describe('the screen', () => {
  const open = () => {
    const recording = recordingOutput();
    const clock = createFakeClock(NOW_MS);
    return { ...recording, clock, view: createScreenView({ ...recording, clock, style: MONOCHROME }) };
  };

  it('is another one, and is left as it was found, once', () => {
    const { view, take, listeners } = open();
    assert.equal(take(), ENTER_SCREEN);
    view.end();
    view.end();
    assert.equal(take(), LEAVE_SCREEN);
    assert.equal(listeners(), 0);
  });

  it('changes only where something has changed', async () => {
    const { view, clock, take } = open();
    view.show(sighting());
    take();
    await clock.advance(1000);
    view.show(sighting());
    const text = take();
    assert.match(text, /may stop in 12 min 39 s/);
    assert.doesNotMatch(text, /cpu|host/);
  });

  it('is drawn anew when the window is resized', () => {
    const { view, resize, take } = open();
    view.show(sighting());
    take();
    resize(60, 5);
    const text = take();
    assert.ok(text.startsWith('\u001b[2J'));
    assert.match(text, /more lines, the window is too low/);
  });

  it('keeps the last answer in view while the daemon does not answer, without counting on', async () => {
    const { view, clock, take } = open();
    view.show(sighting());
    take();
    await clock.advance(5000);
    view.show(sighting({}, new Error('no snoozed answers on /run/x')));
    const text = take();
    assert.match(text, /no answer for 5 s, trying again each second: no snoozed answers on \/run\/x/);
    assert.match(text, /may stop in 12 min 40 s/);
    view.show(sighting());
    assert.match(take(), /may stop in 12 min 35 s/);
  });
});

describe('the lines of a pipe', () => {
  const open = (json = false) => {
    const recording = recordingOutput();
    return { ...recording, view: createLineView({ ...recording, json, clock: createFakeClock(NOW_MS) }) };
  };

  it('come with changes, not with values', () => {
    const { view, take } = open();
    view.show(sighting());
    assert.equal(take(), '2026-11-20 14:19:20 idle: every check is idle; next: may stop in 12 min 40 s (14:32)\n');
    view.show(sighting({ idle_seconds: 1041, uptime_seconds: 12_000 }));
    assert.equal(take(), '');
    view.show(sighting({ checks: [sampleCheck({ name: 'cpu', verdict: 'busy' })], reason: 'cpu is busy' }));
    assert.match(take(), /idle: cpu is busy/);
  });

  it('tell once that the daemon is gone, and that it is back', () => {
    const { view, take } = open();
    view.show(sighting());
    take();
    view.show(sighting({}, new Error('it went')));
    view.show(sighting({}, new Error('still')));
    assert.equal(take(), '2026-11-20 14:19:20 gone: it went; trying again each second\n');
    view.show(sighting());
    assert.match(take(), /idle:/);
  });

  it('are JSON where that is asked for', () => {
    const { view, take } = open(true);
    view.show(sighting());
    view.show(sighting({}, new Error('it went')));
    view.show(sighting({ state: 'warning' }));
    const states = take()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).state);
    assert.deepEqual(states, ['idle', 'warning']);
  });
});
