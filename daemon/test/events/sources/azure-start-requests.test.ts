import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventRecord, HandlerOutcome } from '../../../src/events/event.ts';
import { parseScheduledEvents } from '../../../src/events/sources/azure-events.ts';
import { mayStart } from '../../../src/events/sources/azure-start-requests.ts';
import { waitFor } from '../../support/wait-for.ts';
import { scheduled, startAzureSource } from './azure-world.ts';

test('Azure is told to go ahead when every handler is done, until it takes it, and once', async (t) => {
  const { list, posts, refuse, lines, health } = await startAzureSource(t, { startRequests: true });
  refuse(500);
  await list(scheduled());
  await waitFor('some refusals', () => posts().length >= 3);
  assert.match(health().message, /^Azure was not told to go ahead with the Preempt: .*answered 500/);
  assert.equal(health().status, 'ok', 'the notices are seen all the same');
  refuse(200);
  await waitFor('the word', () => lines.some((line) => line.includes('was told to go ahead')));
  const sent = posts().length;
  await list(scheduled());
  assert.equal(posts().length, sent, 'and not again');
  assert.deepEqual(posts().at(-1), { StartRequests: [{ EventId: 'A1' }] });
  assert.equal(lines.length, 2, lines.join('\n'));
});

test('it is told nothing where that is not configured, or where another machine speaks for the set', async (t) => {
  const silent = await startAzureSource(t);
  await silent.list(scheduled());
  await silent.list(scheduled());
  const second = await startAzureSource(t, { startRequests: true });
  await second.list(scheduled({ Resources: ['vm1', 'vm0'] }));
  await second.list(scheduled({ Resources: ['vm1', 'vm0'] }));
  assert.deepEqual([silent.posts(), second.posts()], [[], []]);
});

test('no word is sent before the handlers are done, nor where one has failed', () => {
  const [one] = parseScheduledEvents(JSON.stringify({ Events: [scheduled({ Resources: ['vm0', 'vm1'] })] }));
  if (one === undefined) assert.fail('no event');
  const outcome = (status: HandlerOutcome['status']) => ({ status }) as HandlerOutcome;
  const record = (state: EventRecord['state'], ...outcomes: HandlerOutcome[]) => ({ state, outcomes, closing: null });
  assert.equal(mayStart(one, 'vm0', record('done', outcome('handled'), outcome('declined'))), true);
  assert.equal(mayStart(one, 'vm1', record('done', outcome('handled'))), false);
  assert.equal(mayStart({ ...one, started: true }, 'vm0', record('done')), false);
  assert.equal(mayStart(one, 'vm0', record('dispatching', outcome('handled'))), false);
  assert.equal(mayStart(one, 'vm0', record('done', outcome('handled'), outcome('failed'))), false);
  assert.equal(mayStart(one, 'vm0', record('done', outcome('timed-out'))), false);
  assert.equal(mayStart(one, 'vm0', undefined), false);
});
