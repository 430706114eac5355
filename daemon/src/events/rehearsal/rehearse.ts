import { randomUUID } from 'node:crypto';
import { rfc3339, sleep } from '../../clock.ts';
import { createImds } from '../../cloud/aws/imds.ts';
import { createMetadata, type MetadataOptions } from '../../cloud/metadata.ts';
import type { Identity } from '../../cloud/provider.ts';
import { messageOf, SnoozeError } from '../../errors.ts';
import type { Notice } from '../event.ts';
import type { SourceContext } from '../sources/source.ts';
import type { RehearsalKind } from './kinds.ts';
import { standIn } from './stand-in.ts';

export type RehearsalParts = Omit<SourceContext, 'signal' | 'identity' | 'imds' | 'metadata' | 'bootId'> & {
  /** Who this host is, where it is in a cloud. */
  identity: () => Identity | null;
};

export type Rehearsals = {
  /**
   * Has a stand-in of the metadata service announce something, and takes it the whole way: source, journal, handlers.
   * Gives the event's id as soon as it is on its way; the event is marked by `data.rehearsal`.
   * @throws SnoozeError SNOOZE_E_EVENT_STATE where events, or those of its type, are turned off.
   */
  begin(kind: RehearsalKind, inSeconds: number): Promise<string>;
  stop(): Promise<void>;
};

const LOOK_MS = 200;
/** A host that is in another cloud, or in none, plays one of that cloud. */
const PLAYED: Omit<Identity, 'provider'> = {
  instanceId: 'i-00000000000000000',
  instanceType: null,
  region: null,
  availabilityZone: null,
  accountId: null,
  lifecycle: 'spot',
};

export function createRehearsals(parts: RehearsalParts): Rehearsals {
  const ending = new AbortController();
  const running = new Set<Promise<void>>();
  return {
    async begin(kind, inSeconds) {
      if (!parts.config().enabled) {
        const message = 'events are turned off in the configuration (events.enabled): no notice would reach anybody';
        throw new SnoozeError('SNOOZE_E_EVENT_STATE', message);
      }
      const { announced, ended } = await rehearse(kind, { inSeconds, parts, signal: ending.signal });
      running.add(ended);
      ended.then(
        () => running.delete(ended),
        () => {},
      );
      return await announced;
    },
    async stop() {
      ending.abort();
      await Promise.all(running);
    },
  };
}

/** EC2's sources do not ask this way. */
const DIALECTS: Record<RehearsalKind['cloud'], Pick<MetadataOptions, 'header' | 'echoes'>> = {
  aws: { header: ['Metadata', 'true'], echoes: false },
  azure: { header: ['Metadata', 'true'], echoes: false },
  gcp: { header: ['Metadata-Flavor', 'Google'], echoes: true },
};

type Play = { inSeconds: number; parts: RehearsalParts; signal: AbortSignal };

/** Plays until the event has ended, and says nothing more then: a rehearsal is never taken back. */
async function rehearse(kind: RehearsalKind, { inSeconds, parts, signal }: Play) {
  const { clock } = parts;
  const id = randomUUID();
  const deadlineWallMs = clock.wallMs() + inSeconds * 1000;
  const deadline = rfc3339(deadlineWallMs);
  const service = await standIn(kind.items(deadlineWallMs, id));
  const imds = createImds({ endpoint: service.url, clock });
  const metadata = createMetadata({ endpoint: service.url, clock, ...DIALECTS[kind.cloud] });
  const over = new AbortController();
  const announced = Promise.withResolvers<string>();
  const emit = (notice: Notice) => {
    if (notice.kind !== 'notice') return;
    // Google names no time, and its source counts 30 s: whoever rehearses may want less.
    const time = kind.cloud === 'gcp' ? { deadline, data: { ...notice.data, time: deadline } } : notice;
    parts.emit({ ...notice, ...time, source: 'rehearsal', data: { ...time.data, rehearsal: true } });
    if (parts.find(notice.id) !== undefined) return announced.resolve(notice.id);
    announced.reject(
      new SnoozeError('SNOOZE_E_EVENT_STATE', `events of type ${notice.type} are turned off in the configuration`),
    );
    over.abort();
  };
  const watching = kind.source.watch({
    ...parts,
    identity: playedBy(parts.identity(), kind),
    imds,
    metadata,
    bootId: `rehearsal-${id.slice(0, 8)}`,
    emit,
    // What has really been announced is none of its business.
    open: () => [],
    signal: AbortSignal.any([signal, over.signal]),
  });
  const play = async () => {
    const eventId = await announced.promise.catch(() => undefined);
    while (eventId !== undefined && !parts.find(eventId)?.endedAt && (await sleep(clock, LOOK_MS, signal)));
    over.abort();
    await watching.ended;
    imds.close();
    metadata.close();
    await service.close();
  };
  signal.addEventListener(
    'abort',
    () => announced.reject(new SnoozeError('SNOOZE_E_EVENT_STATE', 'snoozed ends: there is no rehearsal now')),
    { once: true },
  );
  const ended = play().catch((error: unknown) => parts.log.error({}, `the rehearsal: ${messageOf(error)}`));
  return { announced: announced.promise, ended };
}

function playedBy(identity: Identity | null, { cloud }: RehearsalKind): Identity {
  return identity?.provider === cloud ? identity : { ...PLAYED, provider: cloud };
}
