import { type Clock, rfc3339 } from '../clock.ts';
import type { Configuration } from '../configuration.ts';
import type { Status } from '../control/api.ts';
import type { Dispatcher } from '../events/dispatcher.ts';
import type { SourceWatch } from '../events/sources/watch-sources.ts';
import { spotWarning } from '../events/spot-warning.ts';
import type { Inhibition } from '../idle/check.ts';
import type { TrackerState } from '../idle/tracker.ts';
import type { Monitor } from '../monitors/monitor.ts';
import type { PluginHost } from '../plugins/host.ts';
import type { Journal } from '../store/store.ts';
import type { CloudWatch } from './cloud.ts';
import type { SafetyWatch } from './safety.ts';
import { buildStatus } from './status.ts';
import type { Watcher } from './watcher.ts';

/** Every part that `snooze status` tells of. */
export type StatusParts = {
  watcher: Watcher;
  inhibitions: (tracker: TrackerState) => Inhibition[];
  monitors: readonly Monitor[];
  configuration: Configuration;
  plugins: PluginHost;
  dispatcher: Dispatcher;
  journal: Journal;
  sources: SourceWatch;
  cloud: CloudWatch;
  safety: SafetyWatch;
  stateDirectory: string;
  startedBootMs: number;
  clock: Clock;
};

/** Asks every part how it stands now. */
export function readStatus(parts: StatusParts): Status {
  const { watcher, configuration, dispatcher, journal, cloud } = parts;
  const snapshot = watcher.snapshot();
  const provider = cloud.provider();
  return buildStatus({
    snapshot,
    settings: watcher.settings(),
    inhibitions: parts.inhibitions(snapshot.tracker),
    monitors: parts.monitors,
    config: configuration.current(),
    configFile: configuration.loaded().file,
    configError: configuration.error(),
    plugins: parts.plugins.list().filter(({ enabled }) => enabled),
    events: {
      pending: dispatcher.pending(),
      ahead: dispatcher.ahead(),
      last: journal.list(1)[0] ?? null,
      sources: parts.sources.health().map(sourceStatus),
      warning: spotWarning(provider.identity?.lifecycle === 'spot', configuration.current().events, parts.plugins),
      unwritten: unwrittenText(parts),
    },
    safety: [...(parts.safety.findings() ?? [])],
    provider: provider.name,
    identity: provider.identity,
    startedBootMs: parts.startedBootMs,
    clock: parts.clock,
  });
}

function unwrittenText({ dispatcher, stateDirectory }: StatusParts): string | null {
  const kept = dispatcher.unwritten();
  if (kept === null) return null;
  const those = kept.events === 1 ? '1 event is' : `${kept.events} events are`;
  return `${kept.reason} (${stateDirectory}); ${those} kept in memory alone until it can be`;
}

function sourceStatus({ name, status, message, sinceWallMs }: ReturnType<SourceWatch['health']>[number]) {
  return { name, status, message, since: rfc3339(sinceWallMs) };
}
