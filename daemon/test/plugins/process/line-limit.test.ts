import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Log } from '../../../src/log.ts';
import { limitLines } from '../../../src/plugins/process/line-limit.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

for (const [what, length, most] of [
  ['short', 5, 60],
  ['long', 1_000, 16],
] as const)
  test(`of ${what} lines a minute's worth is logged, the rest is kept, and one line says so`, async () => {
    const clock = createFakeClock();
    const logged: string[] = [];
    const kept: string[] = [];
    const write = (_fields: object, message: string) => void logged.push(message);
    const log: Log = { debug: write, info: write, warn: write, error: write };
    const say = limitLines({ ...log, keep: (_level, message) => void kept.push(message) }, clock, 'p');
    for (let i = 0; i < 100; i += 1) say('info', {}, 'x'.repeat(length));
    assert.equal(logged.length, most + 1);
    assert.equal(kept.length, 100 - most);
    assert.match(logged.at(-1) ?? '', /more than 60 lines or 16 KiB in a minute/);
    await clock.advance(60_000);
    say('info', {}, 'heard again');
    assert.equal(logged.at(-1), 'heard again');
  });
