import type { Clock } from '../../clock.ts';
import type { Imds } from '../../cloud/aws/imds.ts';
import type { Metadata } from '../../cloud/metadata.ts';
import type { Identity } from '../../cloud/provider.ts';
import type { EventsConfig } from '../../config/config.ts';
import type { Log } from '../../log.ts';
import type { HostFiles } from '../../monitors/host-files.ts';
import type { Sample } from '../../monitors/monitor.ts';
import type { EventRecord, Notice } from '../event.ts';
import type { Sent, SentEvent } from '../intake.ts';

export type SourceContext = {
  identity: Identity | null;
  /** EC2's metadata service; null outside of EC2. */
  imds: Imds | null;
  /** Azure's or Google's metadata service; null elsewhere. */
  metadata: Metadata | null;
  /** Names this boot of the host; another boot's notices are other ones. */
  bootId: string;
  /** What the calls of a cloud's API find their credentials in. */
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  log: Log;
  config: () => EventsConfig;
  stateDirectory: string;
  files: HostFiles;
  /** Calls back with each sample of the host; what it returns ends that. */
  onSample: (listener: (sample: Sample) => void) => () => void;
  emit: (notice: Notice) => void;
  /** Sends an event of one's own; rejects with SnoozeError where it is none. */
  send: (event: SentEvent) => Promise<Sent>;
  /** What has become of an event, of an earlier run too. */
  find: (id: string) => EventRecord | undefined;
  /** False while a full disk keeps an event in memory alone: what it came from must not be thrown away yet. */
  isWritten: (id: string) => boolean;
  /** The events of a source that nobody has said are off or over. */
  open: (source: string) => EventRecord[];
  /** The ids that `part` stands in, of the newest events first, no more than `limit`. */
  idsWith: (part: string, limit: number) => string[];
  signal: AbortSignal;
};

/** How a source is doing, for `snooze status`. */
export type SourceHealth = { status: 'starting' | 'ok' | 'failing'; message: string; sinceWallMs: number };

/** A source at work. */
export type Watching = {
  /** Resolves when it has ended after `signal` aborted; never rejects. */
  ended: Promise<void>;
  health: () => SourceHealth;
};

/** Where events come from. */
export type Source = {
  name: string;
  title: string;
  /** Whether this host has it at all, as it is configured. */
  applies(context: Pick<SourceContext, 'identity' | 'imds' | 'metadata' | 'config'>): boolean;
  /** What of its configuration it takes up at its start alone: with another it is started anew. */
  startsWith?(config: EventsConfig): string | number | null;
  watch(context: SourceContext): Watching;
};

/** Gives a source its type; every file of this room exports one, and `registry.ts` lists them. */
export function defineSource(source: Source): Source {
  return source;
}
