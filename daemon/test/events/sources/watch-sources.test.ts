import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '../../../src/clock.ts';
import { defineSource } from '../../../src/events/sources/source.ts';
import { watchSources } from '../../../src/events/sources/watch-sources.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

test('sources that apply are started, tell their health, and have ended after stop', async () => {
  const clock = createFakeClock();
  const watched: string[] = [];
  const ended: string[] = [];
  const source = (name: string, applies: boolean) =>
    defineSource({
      name,
      title: name,
      applies: () => applies,
      watch(context) {
        watched.push(name);
        return {
          health: () => ({ status: 'ok', message: 'no notice', sinceWallMs: 5 }),
          ended: sleep(context.clock, 1000, context.signal).then(() => void ended.push(name)),
        };
      },
    });
  const silent = () => {};
  const watch = watchSources(
    {
      identity: null,
      imds: null,
      bootId: 'boot1',
      clock,
      log: { debug: silent, info: silent, warn: silent, error: silent },
      pollSeconds: () => 5,
      emit: silent,
      onChange: silent,
    },
    [source('a', true), source('elsewhere', false), source('b', true)],
  );
  assert.deepEqual(watched, ['a', 'b']);
  assert.deepEqual(watch.health(), [
    { name: 'a', status: 'ok', message: 'no notice', sinceWallMs: 5 },
    { name: 'b', status: 'ok', message: 'no notice', sinceWallMs: 5 },
  ]);
  await watch.stop();
  assert.deepEqual(ended, ['a', 'b']);
  assert.equal(clock.waiting(), 0);
});
