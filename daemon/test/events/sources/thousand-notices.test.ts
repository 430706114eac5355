import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Clock, systemClock } from '../../../src/clock.ts';
import { createMetadata } from '../../../src/cloud/metadata.ts';
import { createDispatcher } from '../../../src/events/dispatcher.ts';
import { azure } from '../../../src/events/sources/azure.ts';
import { ec2Maintenance } from '../../../src/events/sources/ec2-maintenance.ts';
import { gceMaintenance } from '../../../src/events/sources/gce-maintenance.ts';
import { openStore } from '../../../src/store/open.ts';
import { defaultEvents } from '../../support/default-events.ts';
import { startFakeMetadata } from '../../support/fake-metadata.ts';
import { HTTP_FAULTS, type HttpFault } from '../../support/http-faults.ts';
import { FAST_PLACE, temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { identity, sourceContext, startEc2Source } from './source-world.ts';

const AT_ONCE = 20;
const EC2_ROUNDS = 24;
const AZURE_ROUNDS = 24;
const GCE_ROUNDS = 40;

/** Every way to fail, and then to be gone for a minute. */
const MISHAPS = [...HTTP_FAULTS, 'away'] as const;
const TIMEOUT_MS = 300;

/** Waits go by at once, and are added up. */
function createHaste(): { clock: Clock; waitedMs: () => number } {
  let waitedMs = 0;
  const after: Clock['after'] = (delayMs, callback) =>
    systemClock.after(Math.min(delayMs, 20), () => {
      waitedMs += delayMs;
      callback();
    });
  return { clock: { ...systemClock, after }, waitedMs: () => waitedMs };
}

/** What a service takes to answer is cut short, too. */
const impatient: Clock = {
  ...systemClock,
  after: (delayMs, callback) => systemClock.after(Math.min(delayMs, TIMEOUT_MS), callback),
};

type Service = {
  requests: unknown[];
  fault(fault: HttpFault | undefined): void;
  disappear(): Promise<void>;
  comeBack(): Promise<void>;
};

/** Lets a service fail in one way, until it was asked twice meanwhile, and then work again. */
async function fail(service: Service, round: number, waitedMs: () => number): Promise<void> {
  const mishap = MISHAPS[round % MISHAPS.length];
  if (mishap === 'away') {
    await service.disappear();
    const before = waitedMs();
    await waitFor('a minute', () => waitedMs() - before >= 60_000);
    return service.comeBack();
  }
  service.fault(mishap);
  const before = service.requests.length;
  await waitFor(`${mishap}`, () => service.requests.length >= before + 2);
  service.fault(undefined);
}

/** A real journal and dispatcher with one handler, which counts how often it is given each event. */
function startDispatcher(t: TestContext) {
  const handled = new Map<string, number>();
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const store = openStore({ stateDirectory: temporaryDirectory(t, FAST_PLACE), clock: systemClock, log: quiet });
  const dispatcher = createDispatcher({
    journal: store.journal,
    history: store.history,
    handlers: () => [
      {
        name: 'counter',
        priority: 50,
        mode: 'handle',
        timeoutMs: 30_000,
        concurrent: false,
        handle(event) {
          if (event.data['stage'] !== 'canceled' && event.data['stage'] !== 'ended')
            handled.set(event.id, (handled.get(event.id) ?? 0) + 1);
          return Promise.resolve({ handled: true, result: null });
        },
      },
    ],
    config: () => defaultEvents({ types: { 'cloud.instance.maintenance': { lead_minutes: 43_200 } } }),
    clock: systemClock,
    log: quiet,
  });
  t.after(async () => {
    await dispatcher.stop();
    store.close();
  });
  const { accept: emit, find, open } = dispatcher;
  return { handled, context: { emit, find, open } };
}

type Told = { handled: Map<string, number>; context: ReturnType<typeof startDispatcher>['context'] };

async function ec2Notices(t: TestContext, { handled, context }: Told): Promise<void> {
  const { clock, waitedMs } = createHaste();
  const world = await startEc2Source(t, ec2Maintenance, { clock, givesUp: () => true });
  Object.assign(world.context, context);
  const { faults, ...imds } = world.service;
  const fault = (kind: HttpFault | undefined) => (kind === undefined ? faults.clear() : faults.always(kind));
  world.start();
  for (let round = 0; round < EC2_ROUNDS; round++) {
    await fail({ ...imds, fault }, round, waitedMs);
    if (round % 5 === 0) world.service.revokeTokens();
    const ids = Array.from({ length: AT_ONCE }, (_, number) => `instance-event-${round}-${number}`);
    const NotBefore = new Date(Date.now() + 3_600_000).toUTCString();
    world.service.set(
      'events/maintenance/scheduled',
      ids.map((EventId) => ({ NotBefore, Code: 'system-reboot', EventId, State: 'active' })),
    );
    await waitFor('the notices of EC2', () => ids.every((id) => handled.has(`maintenance:${id}`)));
  }
}

async function azureNotices(t: TestContext, { handled, context }: Told): Promise<void> {
  let events: object[] = [];
  const service = await startFakeMetadata(t, ['Metadata', 'true'], ({ path }) =>
    path === '/metadata/scheduledevents' ? { body: JSON.stringify({ Events: events }) } : { body: 'vm0' },
  );
  const header = ['Metadata', 'true'] as const;
  const metadata = createMetadata({ endpoint: service.url, clock: impatient, header, echoes: false });
  t.after(() => metadata.close());
  const { clock, waitedMs } = createHaste();
  const world = sourceContext(t, { metadata, clock, identity: { ...identity, provider: 'azure' }, ...context });
  world.watch(azure);
  for (let round = 0; round < AZURE_ROUNDS; round++) {
    const ids = Array.from({ length: AT_ONCE }, (_, number) => `A-${round}-${number}`);
    const NotBefore = new Date(Date.now() + 600_000).toUTCString();
    await fail(service, round, waitedMs);
    events = ids.map((EventId) => ({
      EventId,
      EventType: 'Freeze',
      Resources: ['vm0'],
      EventStatus: 'Scheduled',
      NotBefore,
    }));
    await waitFor('the notices of Azure', () => ids.every((id) => handled.has(`azure:${id}`)));
  }
}

async function googleNotices(t: TestContext, { handled, context }: Told): Promise<void> {
  const header = ['Metadata-Flavor', 'Google'] as const;
  let value = 'NONE';
  const service = await startFakeMetadata(t, header, () => ({ body: value, headers: { ETag: value } }));
  const metadata = createMetadata({ endpoint: service.url, clock: impatient, header, echoes: true });
  t.after(() => metadata.close());
  const { clock, waitedMs } = createHaste();
  const world = sourceContext(t, { metadata, clock, identity: { ...identity, provider: 'gcp' }, ...context });
  world.watch(gceMaintenance);
  const count = () => [...handled.keys()].filter((id) => id.startsWith('gce-maintenance:')).length;
  for (let round = 0; round < GCE_ROUNDS; round++) {
    await fail(service, round, waitedMs);
    value = 'MIGRATE_ON_HOST_MAINTENANCE';
    await waitFor('the notice of Google', () => count() === round + 1);
    value = 'NONE';
    await waitFor('its end', () => context.open('gce-metadata').length === 0);
  }
}

assert.ok([EC2_ROUNDS, AZURE_ROUNDS, GCE_ROUNDS].every((rounds) => rounds >= MISHAPS.length));

test('1,000 notices of three clouds whose services fail in every way are 1,000 events, each handled once', async (t) => {
  const told = startDispatcher(t);
  await Promise.all([ec2Notices(t, told), azureNotices(t, told), googleNotices(t, told)]);
  assert.equal(told.handled.size, EC2_ROUNDS * AT_ONCE + AZURE_ROUNDS * AT_ONCE + GCE_ROUNDS);
  assert.equal(told.handled.size, 1000);
  assert.deepEqual(
    [...told.handled].filter(([, times]) => times !== 1),
    [],
  );
});
