import type { TestContext } from 'node:test';
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
  const { health } = world.start();
  const answered = () => waitFor('the answer', () => clock.waiting() > 0 && health().status !== 'starting');
  await answered();
  const gets = () => world.service.requests.filter(({ method, status }) => method === 'GET' && status !== null).length;
  return {
    ...world,
    health,
    clock,
    journal,
    async poll() {
      const before = gets();
      await clock.advance(30_000);
      await waitFor('a poll', () => gets() > before);
      await waitFor('its end', () => clock.waiting() > 0);
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
