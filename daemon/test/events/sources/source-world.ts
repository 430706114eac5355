import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Clock, systemClock } from '../../../src/clock.ts';
import { createImds } from '../../../src/cloud/aws/imds.ts';
import type { Identity } from '../../../src/cloud/provider.ts';
import type { EventsConfig, SourcesConfig } from '../../../src/config/config.ts';
import { createDispatcher } from '../../../src/events/dispatcher.ts';
import type { Notice } from '../../../src/events/event.ts';
import type { Source, SourceContext } from '../../../src/events/sources/source.ts';
import { openHostFiles } from '../../../src/monitors/host-files.ts';
import type { Sample } from '../../../src/monitors/monitor.ts';
import type { Journal } from '../../../src/store/store.ts';
import { defaultEvents } from '../../support/default-events.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { startFakeImds } from '../../support/fake-imds.ts';
import { createMemoryJournal } from '../../support/memory-journal.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

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
    idsWith: dispatcher.idsWith,
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

export type Ec2Options = {
  clock?: Clock;
  pollSeconds?: number;
  journal?: Journal;
  /** Whether a service that does not answer is given up: asked again and again while a question is open. */
  givesUp?: () => boolean;
};
const GIVEN_UP_AFTER_MS = 300;

/** A source of EC2's metadata on a real service. */
export async function startEc2Source(
  t: TestContext,
  source: Source,
  { clock = systemClock, pollSeconds = 0.02, journal, givesUp = () => false }: Ec2Options = {},
) {
  const service = await startFakeImds({ lifecycle: 'spot' });
  const after: Clock['after'] = (_delayMs, callback) => {
    const timer = setInterval(() => givesUp() && callback(), GIVEN_UP_AFTER_MS);
    return () => clearInterval(timer);
  };
  const imds = createImds({ endpoint: service.url, clock: { ...systemClock, after } });
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

export type HostSettings = { [Name in keyof SourcesConfig]?: Partial<SourcesConfig[Name]> };

/** A source over a /proc of one's own and a clock that stands still between samples. */
export function startHostSource(
  t: TestContext,
  source: Source,
  settings: HostSettings = {},
  journal = createMemoryJournal(),
) {
  const procRoot = temporaryDirectory(t);
  const clock = createFakeClock();
  const files = openHostFiles({ procRoot });
  t.after(() => files.close());
  const config = () => {
    const { sources, ...rest } = defaultEvents();
    const merged = Object.fromEntries(
      Object.entries(sources).map(([name, its]) => [name, { ...its, ...settings[name as keyof HostSettings] }]),
    ) as SourcesConfig;
    return { ...rest, sources: merged };
  };
  const world = sourceContext(t, { clock, files, journal, config });
  const { health } = world.watch(source);
  return {
    ...world,
    clock,
    health,
    proc(path: string, text: string) {
      mkdirSync(join(procRoot, path, '..'), { recursive: true });
      writeFileSync(join(procRoot, path), text);
    },
    async look(readings: Sample['readings'] = {}) {
      world.sample(readings);
      await clock.advance(60_000);
    },
    told: () => world.notices.map((notice) => `${notice.kind} ${notice.id.replace(/:\d{4}-.*/, '')}`),
  };
}

/** /proc/pressure/memory, with these percents of the last minute. */
export const pressure = (some: number, full: number) =>
  `some avg10=0.00 avg60=${some.toFixed(2)} avg300=0.00 total=1\nfull avg10=0.00 avg60=${full.toFixed(2)} avg300=0.00 total=1\n`;
/** /proc/vmstat, where the kernel has ended so many processes for want of memory. */
export const vmstat = (kills: number) => `nr_free_pages 123\noom_kill ${kills}\nnuma_hit 5\n`;
/** The first line of /proc/net/route, and one of a network that the host is in itself. */
export const ROUTES = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
export const LOCAL = 'ens5\t0000A8C0\t00000000\t0001\t0\t0\t512\t00F0FFFF\t0\t0\t0\n';
