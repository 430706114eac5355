import type { TestContext } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { createMetadata } from '../../../src/cloud/metadata.ts';
import { azure } from '../../../src/events/sources/azure.ts';
import { startFakeMetadata } from '../../support/fake-metadata.ts';
import { createMemoryJournal } from '../../support/memory-journal.ts';
import { waitFor } from '../../support/wait-for.ts';
import { identity, sourceContext } from './source-world.ts';

/** The machine `vm0` of Azure. */
export const AZURE_IDENTITY = { ...identity, provider: 'azure', instanceId: 'vm-id' };
/** The time so many seconds from now, as Azure writes it. */
export const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString();
/** One event of the machine as its list of scheduled events has it. */
export const scheduled = (change: object = {}) => ({
  EventId: 'A1',
  EventType: 'Preempt',
  ResourceType: 'VirtualMachine',
  Resources: ['vm0'],
  EventStatus: 'Scheduled',
  NotBefore: at(30),
  Description: 'the machine is preempted',
  EventSource: 'Platform',
  DurationInSeconds: -1,
  ...change,
});

/** The source on a service of its own, polling as fast as it is answered. */
export async function startAzureSource(
  t: TestContext,
  {
    journal = createMemoryJournal(),
    startRequests = false,
    clock = systemClock,
    pollSeconds = 0.01,
    firstNames = [] as string[],
  } = {},
) {
  let events: object[] = [];
  let postStatus = 200;
  const names = [...firstNames];
  const service = await startFakeMetadata(t, ['Metadata', 'true'], ({ method, path }) => {
    if (path === '/metadata/instance/compute/name') return { body: names.shift() ?? 'VM0' };
    if (path !== '/metadata/scheduledevents') return undefined;
    if (method === 'POST') return postStatus === 200 ? { body: '' } : postStatus;
    return { body: JSON.stringify({ DocumentIncarnation: 1, Events: events }) };
  });
  const metadata = createMetadata({ endpoint: service.url, clock, header: ['Metadata', 'true'], echoes: false });
  t.after(() => metadata.close());
  const world = sourceContext(t, { metadata, journal, clock, identity: AZURE_IDENTITY });
  const { context } = world;
  const config = context.config();
  config.sources.azure = { poll_seconds: pollSeconds, start_requests: startRequests };
  Object.assign(context, { config: () => config });
  const { health } = world.watch(azure);
  // Not the question for the name, which comes before the first: two of these, and the first has been read.
  const polls = () =>
    service.requests.filter(({ method, path }) => method === 'GET' && path.endsWith('/scheduledevents')).length;
  return {
    ...world,
    journal,
    service,
    health,
    posts: () => service.requests.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body)),
    refuse: (status: number) => (postStatus = status),
    /** Lists these, and waits until they have been read. */
    async list(...listed: object[]) {
      events = listed;
      const before = polls();
      await waitFor('two polls', () => polls() >= before + 2);
    },
  };
}
