import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createActivity } from '../../src/monitors/input.ts';
import type { Terminal } from '../../src/monitors/terminals.ts';

const BOOTED_MS = Date.UTC(2026, 0, 1);
/** A console with the times of its last read and write, in milliseconds after the boot. */
const console1 = (readMs: number, writtenMs: number): Terminal => ({
  name: 'tty1',
  kind: 'console',
  atimeMs: BOOTED_MS + readMs,
  mtimeMs: BOOTED_MS + writtenMs,
});
const at = (bootMs: number) => ({ wallMs: BOOTED_MS + bootMs, bootMs });

test('a login prompt on a console is nobody, whether it was there before the first look or came after it', () => {
  assert.equal(createActivity().look([console1(1_000, 90_000)], at(600_000)), undefined);
  const watched = createActivity();
  assert.equal(watched.look([console1(1_000, 1_000)], at(5_000)), undefined);
  assert.equal(watched.look([console1(1_000, 90_000)], at(95_000)), undefined);
});

test('who types at a console in the first minutes is somebody, and so is what is written there later', () => {
  assert.deepEqual(createActivity().look([console1(40_000, 40_000)], at(600_000)), {
    where: 'terminal tty1',
    bootMs: 40_000,
  });
  const watched = createActivity();
  watched.look([console1(1_000, 1_000)], at(30_000));
  assert.equal(watched.look([console1(35_000, 35_000)], at(40_000))?.bootMs, 40_000);
  assert.equal(watched.look([console1(35_000, 500_000)], at(600_000))?.bootMs, 600_000);
});

test('a console that is used for the first time while it is watched was used when it was read', () => {
  const watched = createActivity();
  watched.look([], at(600_000));
  assert.equal(watched.look([console1(1_000, 1_000)], at(610_000)), undefined);
  assert.equal(watched.look([console1(612_000, 613_000)], at(620_000))?.bootMs, 620_000);
});

test('a new pseudo-terminal is somebody who came just now, whatever the wall clock says', () => {
  const watched = createActivity();
  watched.look([], at(600_000));
  const pts: Terminal = { name: 'pts/0', kind: 'pseudo', atimeMs: 0, mtimeMs: 0 };
  assert.deepEqual(watched.look([pts], at(660_000)), { where: 'terminal pts/0', bootMs: 660_000 });
});

/** What happens between two looks: terminals are used, come and go, and the wall clock may jump. */
const step = fc.record({
  afterMs: fc.integer({ min: 1, max: 600_000 }),
  jumpMs: fc.oneof(fc.constant(0), fc.integer({ min: -10_000_000_000, max: 10_000_000_000 })),
  used: fc.subarray(['pts/0', 'pts/1', 'pts/2']),
  closed: fc.subarray(['pts/0', 'pts/1', 'pts/2']),
});

test('property: idle time is exactly the time since a look that saw a use, whatever jumps and whoever logs out', () => {
  return fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      const activity = createActivity();
      const terminals = new Map<string, Terminal>();
      let now = at(3_600_000);
      let uses = 0;
      let expected = activity.look([], now)?.bootMs;
      for (const { afterMs, jumpMs, used, closed } of steps) {
        now = { wallMs: now.wallMs + afterMs + jumpMs, bootMs: now.bootMs + afterMs };
        for (const name of closed) terminals.delete(name);
        // no two uses have the same time: the kernel's clock moves on between them
        for (const name of used) {
          const usedMs = now.wallMs + ++uses / 1000;
          terminals.set(name, { name, kind: 'pseudo', atimeMs: usedMs, mtimeMs: usedMs });
        }
        if (used.length > 0) expected = now.bootMs;
        assert.equal(activity.look([...terminals.values()], now)?.bootMs, expected);
      }
    }),
  );
});
