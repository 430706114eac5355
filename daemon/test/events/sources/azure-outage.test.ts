import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Metadata } from '../../../src/cloud/metadata.ts';
import { azure } from '../../../src/events/sources/azure.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { HTTP_FAULTS } from '../../support/http-faults.ts';
import { waitFor } from '../../support/wait-for.ts';
import { AZURE_IDENTITY, scheduled, startAzureSource } from './azure-world.ts';
import { sourceContext } from './source-world.ts';

for (const fault of HTTP_FAULTS.filter((kind) => kind !== 'hang' && kind !== 'drip')) {
  test(`a service that gives ${fault} is one line in the log, and picked up again; nothing is taken back`, async (t) => {
    const { service, lines, health, list, notices } = await startAzureSource(t);
    await list(scheduled());
    service.fault(fault);
    await waitFor('the failure', () => health().status === 'failing');
    const asked = service.requests.length;
    await waitFor('more polls', () => service.requests.length >= asked + 4);
    assert.equal(lines.filter((line) => line.includes('cannot be seen')).length, 1, lines.join('\n'));
    service.fault(undefined);
    await waitFor('the recovery', () => health().status === 'ok');
    assert.equal(lines.at(-1), 'scheduled events can be seen again');
    assert.ok(notices.every(({ kind }) => kind === 'notice'));
  });
}

test('a service that is gone and comes back is two lines in the log', async (t) => {
  const { service, lines, health } = await startAzureSource(t);
  await waitFor('the first answer', () => health().status === 'ok');
  await service.disappear();
  await waitFor('the failure', () => health().status === 'failing');
  await service.comeBack();
  await waitFor('the recovery', () => health().status === 'ok');
  assert.equal(lines.length, 2, lines.join('\n'));
});

for (const fault of ['hang', 'drip'] as const) {
  test(`a service that begins to ${fault} is given five seconds, and is one line in the log`, async (t) => {
    const clock = createFakeClock();
    const { service, health, lines } = await startAzureSource(t, { clock, pollSeconds: 1 });
    await waitFor('the first answer', () => health().status === 'ok' && clock.waiting() === 1);
    service.fault(fault);
    const asked = service.requests.length;
    await clock.advance(1000);
    await waitFor('the second question', () => service.requests.length > asked);
    await clock.advance(4_999);
    assert.equal(health().status, 'ok');
    await clock.advance(1);
    await waitFor('the failure', () => health().status === 'failing');
    assert.match(health().message, /no answer within 5000 ms/);
    assert.equal(lines.length, 1);
  });
}

test('the first answer may take two minutes, and again after a day without any', async (t) => {
  const clock = createFakeClock();
  const timeouts: (number | undefined)[] = [];
  const ask: Metadata['ask'] = (path, { timeoutMs } = {}) => {
    if (path.includes('scheduledevents')) timeouts.push(timeoutMs);
    return Promise.resolve({ headers: {}, body: path.includes('scheduledevents') ? '{"Events":[]}' : 'vm0' });
  };
  let sleptMs = 0;
  const { watch } = sourceContext(t, {
    clock: { ...clock, bootMs: () => clock.bootMs() + sleptMs },
    metadata: { ask, counts: () => ({ requests: 0 }), close: () => {} },
    identity: AZURE_IDENTITY,
  });
  const { health } = watch(azure);
  assert.deepEqual([health().status, health().message], ['starting', 'asked, and no answer yet']);
  await clock.advance(1000);
  sleptMs = 25 * 3_600_000;
  await clock.advance(2000);
  assert.deepEqual(timeouts, [130_000, 5_000, 130_000, 5_000]);
});
