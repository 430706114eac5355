import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { History } from '../store/store.ts';
import { createFleet } from './fleet.ts';
import { onFolderChange } from './folder-watch.ts';
import type { CheckContext, PluginHost, PluginMetrics } from './host.ts';
import { openRound } from './instance/checking.ts';
import type { Instance } from './instance/instance.ts';
import { instanceMaker } from './instance/make-instance.ts';
import { keptFolders, removeKept } from './kept-folders.ts';
import { infoOn, listAll } from './listing.ts';
import { filesDirectoryOf, type LoaderParts } from './load-plugin.ts';
import { capabilitiesOf } from './manifest/instance-spec.ts';
import { impossibleCheck, NO_METRICS } from './not-running.ts';
import { createGuardian } from './process/guardian.ts';
import { createLogBook } from './records/log-book.ts';
import { createSlowLog } from './records/slow-log.ts';
import type { Statistics } from './records/statistics.ts';
import { type Counterparts, openCounter } from './services/counter.ts';
import { NOTHING_FOUND, RUNS_ON, survey, tellSurvey } from './survey.ts';

export type PluginHostParts = Pick<LoaderParts, 'verify'> & {
  config: () => Config;
  /** The config as messages may quote it, without what its variables hold. */
  shown?: () => Config;
  searchPath: () => string[];
  stateDirectory: string;
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  log: Log;
  history: History;
  /** What plugins may call on the daemon; without it they can log and no more. */
  services?: Counterparts;
};

/** All plugins of the daemon. */
export function createPluginHost(parts: PluginHostParts): PluginHost {
  const { clock, log, history, stateDirectory } = parts;
  const guardian = createGuardian();
  let found = NOTHING_FOUND;
  let reloading: Promise<void> = Promise.resolve();
  let endWatches: (() => void)[] = [];

  /** One after the other, in the order in which they were asked for. */
  const inTurn = (act: () => Promise<void>) => {
    reloading = reloading.then(act, act);
    return reloading;
  };

  const retryAfterChange = (name: string) => {
    inTurn(async () => {
      await adopt();
      await fleet.get(name)?.start('its files changed');
    }).catch((error: unknown) => log.error({ plugin: name }, messageOf(error)));
  };

  const logBook = createLogBook(log, clock);
  const slowLog = createSlowLog(clock);
  const statistics = new Map<string, Statistics>();
  const counter = openCounter(parts.services, {
    clock,
    logOf: logBook.of,
    folderOf: (instance) => filesDirectoryOf(instance, stateDirectory),
  });
  const make = instanceMaker({
    ...parts,
    guardian,
    counter,
    logBook,
    slowLog,
    statistics,
    isInUse: ({ instance, directory }) => fleet.get(instance)?.spec().directory === directory,
    heldBack: (spec) => fleet.heldBack(spec),
    onLife(spec, life) {
      const { instance } = spec;
      if (life.state.name === 'stopped' && fleet.get(instance) === undefined) counter.forget(instance);
      fleet.follow(spec, life).catch((error: unknown) => log.error({ plugin: instance }, messageOf(error)));
    },
    onMended: retryAfterChange,
  });
  const fleet = createFleet(make, clock);

  /** For a first verdict between two rounds. */
  let measured = NO_METRICS;

  const look = () => {
    const before = found;
    found = survey({
      config: parts.config(),
      shown: parts.shown?.(),
      searchPath: parts.searchPath(),
      before,
      running(name) {
        const instance = fleet.get(name);
        return instance?.isRunning() === true ? instance.spec() : undefined;
      },
    });
    tellSurvey(before, found, { log, history });
    watchImpossible();
  };

  /** What cannot even be tried is looked at again when its files change, as one that has failed is. */
  const watchImpossible = () => {
    for (const end of endWatches) end();
    endWatches = found.impossible.flatMap(({ instance, directory }) =>
      directory === '' ? [] : [onFolderChange(directory, clock, () => retryAfterChange(instance))],
    );
  };

  const adopt = () => {
    look();
    return fleet.adopt(found.specs);
  };
  const reload = () => inTurn(adopt);

  const known = () => ({ fleet, found, config: parts.config() });
  const inUse = (name: string): Instance => {
    const instance = fleet.get(name);
    if (instance !== undefined) return instance;
    const failed = found.impossible.find((one) => one.instance === name);
    if (failed)
      throw new SnoozeError(
        'SNOOZE_E_PLUGIN_START',
        failed.message,
        failed.hint === undefined ? {} : { hint: failed.hint },
      );
    infoOn(name, known()); // throws where there is nothing of that name
    const hint = `type: snooze plugin enable ${name}`;
    throw new SnoozeError('SNOOZE_E_PLUGIN_START', `${name} is disabled`, { hint });
  };

  return {
    start() {
      reloading = adopt(); // at once: who handles which event is known when it returns
      return reloading;
    },
    reload,
    async checkAll(metrics: PluginMetrics, context: CheckContext, { waitMs, signal }) {
      measured = metrics;
      const { round, close } = openRound(clock, waitMs, signal);
      await Promise.race([Promise.all(fleet.all().map((instance) => instance.renewSandbox())), round.over]);
      const asked = fleet.all().filter((instance) => capabilitiesOf(instance.spec().manifest).includes('check_idle'));
      const answers = await Promise.all(asked.map((instance) => instance.check(metrics, context, round)));
      close();
      return [...answers, ...found.impossible.map((one) => impossibleCheck(one, parts.config(), clock))];
    },
    handlers: fleet.handlers,
    subscribed: fleet.subscribed,
    async beforeSnooze(params, signal) {
      const answers = await Promise.all(
        fleet.all().map(async (instance) => ({
          instance: instance.spec().instance,
          veto: await instance.beforeSnooze(params, signal),
        })),
      );
      const first = answers.find(({ veto }) => veto !== null);
      return first?.veto ? { instance: first.instance, ...first.veto } : null;
    },
    async afterResume(params) {
      await Promise.all(fleet.all().map((instance) => instance.afterResume(params)));
    },
    list: () => listAll(known()),
    info: (name) => infoOn(name, known()),
    async tryOut(name) {
      const instance = inUse(name);
      if (!instance.isRunning())
        throw new SnoozeError(
          'SNOOZE_E_PLUGIN_START',
          `${name} did not start: ${instance.summary().last_error ?? 'no reason is known'}`,
        );
      if (!capabilitiesOf(instance.spec().manifest).includes('check_idle')) return null;
      const config = parts.config();
      const verdict = await instance.check(measured, {
        check_interval_seconds: config.check_interval_seconds,
        naptime_seconds: config.naptime_minutes * 60,
        state: 'active',
      });
      if (verdict.verdict !== 'unknown') return verdict;
      throw new SnoozeError('SNOOZE_E_PLUGIN_START', `${name} started and gives no verdict: ${verdict.reason}`, {
        cause: instance.lastFailure(),
      });
    },
    restart: (name, cause) =>
      inTurn(async () => {
        const before = fleet.get(name);
        // Its files may have changed, and what could not even be tried may have been mended.
        await adopt();
        const unread = found.unread.find(({ instance }) => instance === name);
        if (unread) throw new SnoozeError('SNOOZE_E_PLUGIN_START', `${name} ${RUNS_ON}: ${unread.message}`);
        if (inUse(name) === before) await fleet.restart(name, cause);
      }),
    diagnose: async (name, categories, signal) => await inUse(name).diagnose(categories, signal),
    runCommand: async (name, command, signal) => await inUse(name).runCommand(command, signal),
    async details(name) {
      return { ...(await inUse(name).details()), metrics: counter.metricsOf(name) };
    },
    measurements: () =>
      fleet.all().map((one) => {
        const { instance, restarts } = one.summary();
        return { instance, restarts, methods: one.methods(), reported: counter.metricsOf(instance) };
      }),
    logs: logBook,
    slowLog,
    keptBy: (name) => keptFolders(name, stateDirectory),
    forget(name) {
      logBook.forget(name);
      slowLog.forget(name);
      statistics.delete(name);
      removeKept(name, stateDirectory);
    },
    stopInstance: fleet.remove,
    async stop(reason, graceMs) {
      for (const end of endWatches) end();
      await fleet.stop(reason, graceMs);
      guardian.close();
    },
  };
}
