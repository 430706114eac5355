import type { TestContext } from 'node:test';
import { type Clock, systemClock } from '../../../src/clock.ts';
import { createImds } from '../../../src/cloud/aws/imds.ts';
import type { Identity } from '../../../src/cloud/provider.ts';
import type { EventsConfig } from '../../../src/config/config.ts';
import { createDispatcher } from '../../../src/events/dispatcher.ts';
import type { Notice } from '../../../src/events/event.ts';
import type { Source, SourceContext } from '../../../src/events/sources/source.ts';
import { openHostFiles } from '../../../src/monitors/host-files.ts';
import type { Sample } from '../../../src/monitors/monitor.ts';
import type { Journal } from '../../../src/store/store.ts';
import { defaultEvents } from '../../support/default-events.ts';
import { startFakeImds } from '../../support/fake-imds.ts';
import { createMemoryJournal } from '../../support/memory-journal.ts';

export const identity: Identity = {
  provider: 'aws',
  instanceId: 'i-0abc',
  instanceType: 't3.micro',
  region: 'eu-west-1',
  availabilityZone: null,
  accountId: null,
  lifecycle: 'spot',
};

/** A context whose notices go into a real dispatcher without handlers; what it takes and logs can be looked at. */
export function sourceContext(
  t: TestContext,
  change: Partial<SourceContext> & { eventsConfig?: Partial<EventsConfig>; journal?: Journal } = {},
) {
  const { clock = systemClock, journal = createMemoryJournal(), eventsConfig, ...rest } = change;
  const lines: string[] = [];
  const notices: Notice[] = [];
  const listeners = new Set<(sample: Sample) => void>();
  const say = (_: object, message: string) => void lines.push(message);
  const log = { debug: say, info: say, warn: say, error: say };
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const config = () => defaultEvents(eventsConfig);
  const dispatcher = createDispatcher({
    journal,
    history: { add: () => {}, list: () => [] },
    handlers: () => [],
    config,
    clock,
    log: quiet,
  });
  const ending = new AbortController();
  const context: SourceContext = {
    identity,
    imds: null,
    metadata: null,
    bootId: 'boot1',
    environment: {},
    clock,
    log,
    config,
    stateDirectory: '/nonexistent',
    files: openHostFiles(),
    onSample(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    emit(notice) {
      notices.push(notice);
      dispatcher.accept(notice);
    },
    send: dispatcher.send,
    find: dispatcher.find,
    isWritten: dispatcher.isWritten,
    open: dispatcher.open,
    signal: ending.signal,
    ...rest,
  };
  const watched: Promise<void>[] = [];
  t.after(async () => {
    ending.abort();
    await Promise.all(watched);
    await dispatcher.stop();
  });
  return {
    context,
    notices,
    lines,
    journal,
    dispatcher,
    /** Tells the sources that the host was sampled. */
    sample(readings: Sample['readings'] = {}) {
      for (const listener of listeners)
        listener({ wallMs: clock.wallMs(), bootMs: clock.bootMs(), readings, tookMs: {} });
    },
    end: async () => {
      ending.abort();
      await Promise.all(watched);
    },
    watch(source: Source) {
      const watching = source.watch(context);
      watched.push(watching.ended);
      return watching;
    },
  };
}

/** A source of EC2's metadata on a real service. */
export async function startEc2Source(
  t: TestContext,
  source: Source,
  { clock = systemClock, pollSeconds = 0.02, journal }: { clock?: Clock; pollSeconds?: number; journal?: Journal } = {},
) {
  const service = await startFakeImds({ lifecycle: 'spot' });
  const imds = createImds({ endpoint: service.url, clock: systemClock, timeoutMs: 300 });
  const world = sourceContext(t, {
    clock,
    imds,
    eventsConfig: { spot_poll_seconds: pollSeconds },
    ...(journal && { journal }),
  });
  t.after(async () => {
    imds.close();
    await service.close();
  });
  return { ...world, service, imds, start: () => world.watch(source) };
}
