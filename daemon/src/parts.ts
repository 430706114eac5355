import { findAction } from './actions/registry.ts';
import { bootId } from './boot-id.ts';
import { runCommand } from './command.ts';
import { pluginSearchPath } from './config/locations.ts';
import { enabledMonitors } from './config/thresholds.ts';
import { createConfiguration } from './configuration.ts';
import { createMetricsServer } from './control/metrics-server.ts';
import { createEventCounts } from './events/counts.ts';
import { createDispatcher } from './events/dispatcher.ts';
import { createRehearsals } from './events/rehearsal/rehearse.ts';
import { watchSources } from './events/sources/watch-sources.ts';
import { createLeases } from './idle/leases.ts';
import { createInstaller } from './install/install.ts';
import { openHostFiles } from './monitors/host-files.ts';
import type { Sample } from './monitors/monitor.ts';
import { MONITORS } from './monitors/registry.ts';
import { createSampler } from './monitors/sampler.ts';
import type { Opened } from './open.ts';
import { createPluginHost } from './plugins/manager.ts';
import { watchCloud } from './watch/cloud.ts';
import { forbidding } from './watch/forbidding.ts';
import { renderMetrics } from './watch/metrics.ts';
import { readStatus } from './watch/read-status.ts';
import { watchSafety } from './watch/safety.ts';
import { tellPeople } from './watch/tell-people.ts';
import { startWatcher } from './watch/watcher.ts';

/** SIGTERM has two seconds in all. */
const PLUGIN_GRACE_MS = 1_200;

/** Makes every part and joins them: the one place that knows them all. They are at work when it returns. */
export function joinParts({ clock, environment, stateDirectory, options, first, log, store, notify }: Opened) {
  const startedBootMs = clock.bootMs();
  const installer = createInstaller({
    stateDirectory,
    run: runCommand,
    sandbox: () => configuration.current().plugins.sandbox,
    clock,
  });
  installer.sweep();

  const configuration = createConfiguration({
    options,
    first,
    history: store.history,
    log,
    async apply(changed) {
      // Nothing has changed in the file: then something around it has, or nobody would have asked.
      const concerns = (...keys: string[]) =>
        changed.length === 0 || changed.some((key) => keys.some((start) => key.startsWith(start)));
      log.setLevel(configuration.current().logging.level);
      if (concerns('plugins')) await plugins.reload();
      if (concerns('action', 'dry_run', 'allow_')) safety.lookAnew();
      if (changed.length > 0 && concerns('provider_type', 'aws_region')) cloud.searchAgain();
      if (concerns('events')) sources.reconsider();
      if (concerns('metrics')) metricsServer.reconsider();
      watcher.lookSoon();
    },
  });
  const config = configuration.current;
  const leases = createLeases();
  const plugins = createPluginHost({
    config,
    shown: () => configuration.loaded().shown,
    searchPath: () => pluginSearchPath(environment, { stateDirectory, configured: config().plugins.directories }),
    verify: installer.verify,
    stateDirectory,
    environment,
    clock,
    log,
    history: store.history,
    services: { keyValue: store.keyValue, leases, emit: async (event) => (await dispatcher.send(event)).id },
  });
  const hostFiles = openHostFiles();
  const eventCounts = createEventCounts();
  const dispatcher = createDispatcher({
    journal: store.journal,
    history: store.history,
    handlers: plugins.handlers,
    config: () => config().events,
    clock,
    log,
    observer: eventCounts,
    tellPeople: (event) =>
      tellPeople(event, { files: hostFiles, wanted: () => config().events.tell_people, clock, log }),
  });
  const sampleListeners = new Set<(sample: Sample) => void>();
  const around = {
    bootId: bootId(clock),
    environment,
    config: () => config().events,
    stateDirectory,
    files: hostFiles,
    onSample(listener: (sample: Sample) => void) {
      sampleListeners.add(listener);
      return () => sampleListeners.delete(listener);
    },
    clock,
    log,
    emit: dispatcher.accept,
    send: dispatcher.send,
    find: dispatcher.find,
    isWritten: dispatcher.isWritten,
    open: dispatcher.open,
    idsWith: dispatcher.idsWith,
  };
  const sources = watchSources(around);
  const rehearsals = createRehearsals({ ...around, identity: () => cloud.provider().identity });
  const cloud = watchCloud(
    { config, environment, clock, log, run: runCommand },
    async ({ provider, imds, metadata }) => {
      safety.lookAnew();
      await prepared;
      sources.reconsider({ identity: provider.identity, imds, metadata });
    },
  );
  const safety = watchSafety({ provider: cloud.provider, config, clock, log });
  const forbids = forbidding({ config, clock, leases, pending: dispatcher.pending, findings: safety.findings });
  const sampler = createSampler(
    {
      files: hostFiles,
      clock,
      run: runCommand,
      platform: process.platform,
      programPath: environment['PATH'] ?? '',
      checkIntervalMs: () => config().check_interval_seconds * 1000,
    },
    () => enabledMonitors(MONITORS, config()),
  );
  let told = '';
  const watcher = startWatcher({
    sampler,
    monitors: MONITORS,
    plugins,
    config,
    clock,
    log,
    inhibitions: forbids,
    provider: cloud.provider,
    snoozeIsNear: safety.lookBeforeSnooze,
    action: () => findAction(config().action),
    run: runCommand,
    history: store.history,
    onSample(sample) {
      store.samples.add(sample);
      for (const listener of sampleListeners) listener(sample);
    },
    onChange() {
      // A whole status for each round would cost more than the round.
      const { phase } = watcher.snapshot().tracker;
      if (told === phase) return;
      told = phase;
      const { state, next } = status();
      notify.status(`${state}: ${next}`);
    },
  });
  const status = () =>
    readStatus({
      watcher,
      inhibitions: forbids,
      monitors: MONITORS,
      configuration,
      plugins,
      dispatcher,
      journal: store.journal,
      sources,
      cloud,
      safety,
      stateDirectory,
      startedBootMs,
      clock,
    });
  const metrics = () =>
    renderMetrics({
      status: status(),
      events: eventCounts.counts(),
      plugins: plugins.measurements(),
      metadata: cloud.metadataCounts(),
    });
  const metricsServer = createMetricsServer({ config: () => config().metrics, text: metrics, log });
  metricsServer.reconsider();
  // What may take its time: plugins start, the cloud is found, what the last run left is taken up.
  const pluginsStarted = plugins.start();
  // A notice must not wait for the slowest plugin: each handler's turn waits for its own.
  const prepared = plugins.subscribed().then(() => {
    dispatcher.resume();
    sources.reconsider();
  });

  return {
    config,
    configuration,
    installer,
    plugins,
    pluginsStarted,
    /** Resolves when what the last run left is taken up, and notices are. */
    prepared,
    dispatcher,
    rehearsals,
    isSpot: () => cloud.provider().identity?.lifecycle === 'spot',
    status,
    metrics,
    lookSoon: watcher.lookSoon,
    /** Ends them all: afterwards no child and no timer is left. */
    async stop(reason: string) {
      sampler.close();
      await Promise.all([
        watcher.stop(),
        dispatcher.stop(),
        sources.stop(),
        rehearsals.stop(),
        cloud.stop(),
        metricsServer.stop(),
        safety.stop(),
        plugins.stop(reason, PLUGIN_GRACE_MS),
      ]);
    },
  };
}
