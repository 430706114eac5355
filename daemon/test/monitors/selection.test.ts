import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSelection } from '../../src/monitors/selection.ts';
import { createFakeClock } from '../support/fake-clock.ts';

test('/sys is asked again when a device comes, goes or is renamed', async () => {
  const clock = createFakeClock();
  let asked = 0;
  const select = createSelection(clock, (names) => {
    asked++;
    return new Set(names.filter((name) => name.startsWith('e')));
  });
  const after = (names: string[]) => [[...select(names)], asked];
  assert.deepEqual(after(['lo', 'eth0']), [['eth0'], 1]);
  assert.deepEqual(after(['lo', 'eth0']), [['eth0'], 1]);
  assert.deepEqual(after(['lo', 'eth0', 'eth1']), [['eth0', 'eth1'], 2]);
  assert.deepEqual(after(['lo', 'eth0', 'ens5']), [['eth0', 'ens5'], 3]);
  assert.deepEqual(after(['lo', 'eth0']), [['eth0'], 4]);
});

test('what is not told is found a minute after a change, and ever more seldom later', async () => {
  const clock = createFakeClock(undefined, 0);
  const asked: number[] = [];
  const select = createSelection(clock, (names) => {
    asked.push(clock.bootMs() / 60_000);
    return new Set(names);
  });
  for (let minute = 0; minute < 40; minute++) {
    select(minute < 20 ? ['eth0'] : ['eth0', 'eth1']);
    await clock.advance(60_000);
  }
  assert.deepEqual(asked, [0, 1, 2, 4, 8, 16, 20, 21, 22, 24, 28, 36]);
});
