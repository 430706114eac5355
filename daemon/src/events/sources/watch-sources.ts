import type { Imds } from '../../cloud/aws/imds.ts';
import type { Metadata } from '../../cloud/metadata.ts';
import type { Identity } from '../../cloud/provider.ts';
import { EC2_SOURCE, QUEUE_SOURCE } from './ec2.ts';
import { SOURCES } from './registry.ts';
import type { Source, SourceContext, SourceHealth, Watching } from './source.ts';

/** Who this host is, and its cloud's metadata service to ask; nulls while that is not known, and on a host in no cloud. */
export type SourceHost = { identity: Identity | null; imds: Imds | null; metadata: Metadata | null };

/** The sources at work. */
export type SourceWatch = {
  /** Starts what this host has now, as it is configured now, and ends what it has not any more. */
  reconsider(host?: SourceHost): void;
  health(): (SourceHealth & { name: string })[];
  stop(): Promise<void>;
};

type AtWork = { watching: Watching; end: AbortController; startedWith: string | number | null | undefined };

/** Watches none before it is told to reconsider. */
export function watchSources(
  context: Omit<SourceContext, 'signal' | keyof SourceHost>,
  sources: readonly Source[] = SOURCES,
): SourceWatch {
  const atWork = new Map<string, AtWork>();
  const ending = new Set<Promise<void>>();
  let host: SourceHost = { identity: null, imds: null, metadata: null };
  let stopped = false;

  const end = (name: string) => {
    const one = atWork.get(name);
    atWork.delete(name);
    if (one === undefined) return;
    one.end.abort();
    const { ended } = one.watching;
    ending.add(ended);
    void ended.then(() => ending.delete(ended));
  };
  const start = (source: Source) => {
    const end = new AbortController();
    const watching = source.watch({ ...context, ...host, signal: end.signal });
    atWork.set(source.name, { watching, end, startedWith: source.startsWith?.(context.config()) });
  };
  return {
    reconsider(next = host) {
      if (stopped) return;
      const moved =
        next.imds !== host.imds ||
        next.metadata !== host.metadata ||
        next.identity?.instanceId !== host.identity?.instanceId;
      host = next;
      if (moved) leaveToOthers(context, host.identity);
      for (const source of sources) {
        const applies = context.config().enabled && source.applies({ ...context, ...host });
        const isOther = atWork.get(source.name)?.startedWith !== source.startsWith?.(context.config());
        if (!applies || moved || isOther) end(source.name);
        if (applies && !atWork.has(source.name)) start(source);
      }
    },
    health: () => [...atWork].map(([name, { watching }]) => ({ name, ...watching.health() })),
    async stop() {
      stopped = true;
      for (const name of [...atWork.keys()]) end(name);
      await Promise.all(ending);
    },
  };
}

/** An image that is made of a host takes along what the cloud was about to do with that one. */
function leaveToOthers({ open, emit }: Pick<SourceContext, 'open' | 'emit'>, identity: Identity | null): void {
  if (identity === null) return;
  for (const { event, endedAt } of [EC2_SOURCE, QUEUE_SOURCE].flatMap(open)) {
    const { instance_id: other, rehearsal } = event.data;
    if (endedAt !== null || rehearsal !== undefined || other === identity.instanceId) continue;
    emit({ kind: 'canceled', id: event.id, reason: `it was for ${other}, and this is ${identity.instanceId}` });
  }
}
