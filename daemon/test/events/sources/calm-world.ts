import type { TestContext } from 'node:test';
import type { Clock } from '../../../src/clock.ts';
import type { Source } from '../../../src/events/sources/source.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMemoryJournal } from '../../support/memory-journal.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startEc2Source } from './source-world.ts';

/** A calm source on a real service and a clock that stands still between polls. */
export async function startCalmSource(
  t: TestContext,
  source: Source,
  { journal = createMemoryJournal(), clock = createFakeClock() } = {},
) {
  const world = await startEc2Source(t, source, { clock, journal });
  // the source's own, once after each poll: the dispatcher waits, too, for what lies ahead
  let waits = 0;
  let dueMs = 0;
  const after: Clock['after'] = (delayMs, callback) => {
    waits += 1;
    dueMs = clock.bootMs() + delayMs;
    return clock.after(delayMs, callback);
  };
  world.context.clock = { ...clock, after };
  const { health } = world.start();
  await waitFor('the end of the first poll', () => waits > 0);
  return {
    ...world,
    health,
    clock,
    journal,
    async poll() {
      const before = waits;
      await clock.advance(dueMs - clock.bootMs());
      await waitFor('the end of a poll', () => waits > before);
    },
  };
}

/** One scheduled maintenance as EC2's metadata service lists it. */
export const planned = (change: object = {}) => ({
  NotBefore: '21 Jan 2026 09:00:43 GMT',
  NotAfter: '21 Jan 2026 09:17:23 GMT',
  Code: 'system-reboot',
  Description: 'scheduled reboot',
  EventId: 'instance-event-0d59937288b749b32',
  State: 'active',
  ...change,
});
