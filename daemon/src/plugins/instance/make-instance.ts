import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { WireFault } from '../../rpc/rpc.ts';
import type { History } from '../../store/store.ts';
import { onFolderChange } from '../folder-watch.ts';
import { type LoaderParts, loadPlugin, stateDirectoryOf } from '../load-plugin.ts';
import type { InstanceSpec } from '../manifest/instance-spec.ts';
import type { Guardian } from '../process/guardian.ts';
import type { LogBook } from '../records/log-book.ts';
import type { SlowLog } from '../records/slow-log.ts';
import { createStatistics, type Statistics } from '../records/statistics.ts';
import { noteGrants } from '../sandbox/changed-grants.ts';
import { whyUnconfined } from '../sandbox/enforcement.ts';
import type { ServiceCounter } from '../services/counter.ts';
import { watchFiles } from './altered-files.ts';
import { createInstance, type Instance } from './instance.ts';
import type { Life } from './lifecycle.ts';
import { createLifeTeller } from './tell-life.ts';

export type MakerParts = Pick<LoaderParts, 'verify'> & {
  config: () => Config;
  /** The daemon's. */
  stateDirectory: string;
  environment: NodeJS.ProcessEnv;
  guardian: Guardian;
  counter: ServiceCounter;
  logBook: LogBook;
  slowLog: SlowLog;
  /** Counted over all processes of an instance, and over its changes. */
  statistics: Map<string, Statistics>;
  clock: Clock;
  history: History;
  /** Whether that very folder is in use under the instance's name. */
  isInUse: (spec: InstanceSpec) => boolean;
  /** Why an instance must not be started: what it leans on has failed. */
  heldBack: (spec: InstanceSpec) => string | undefined;
  /** Told of every change of an instance's life, after it is on record. */
  onLife: (spec: InstanceSpec, life: Life) => void;
  /** The files of a failed plugin that is not tried again soon have changed. */
  onMended: (instance: string) => void;
};

/** Makes instances, each with what it needs of the daemon. */
export function instanceMaker(parts: MakerParts): (spec: InstanceSpec, predecessor?: Instance) => Instance {
  const { stateDirectory, counter, clock, history, config, statistics, ...loader } = parts;
  return (spec, predecessor) => {
    const { instance } = spec;
    const log = parts.logBook.of(instance);
    const counted = statistics.getOrInsertComputed(instance, createStatistics);
    const observer = { started() {}, exited() {}, fault: ({ kind }: WireFault) => counted.countFault(kind) };
    const tellLife = createLifeTeller(instance, { history, log, clock });
    let unconfined: string | null = null;
    let endWatch = () => {};
    const files = watchFiles(spec, { ...loader, clock, log });
    // one that is started for each call looks at its files before it
    const isPerCall = ['oneshot', 'exec'].includes(spec.manifest.process_model ?? '');
    const followFiles = ({ state }: Life) => {
      if (state.name === 'running' && !isPerCall) files.begin();
      else files.end();
      endWatch();
      const waits = state.name === 'failed' && state.retry.kind !== 'backoff';
      endWatch = waits ? onFolderChange(spec.directory, clock, () => parts.onMended(instance)) : () => {};
    };
    return createInstance({
      spec,
      heldBack: parts.heldBack,
      startRunner: async (wanted) => {
        const sandbox = config().plugins.sandbox;
        const before = unconfined;
        unconfined = await whyUnconfined(wanted.manifest, sandbox);
        if (unconfined !== null && unconfined !== before)
          log.warn({ plugin: instance }, `${instance} has all rights of the daemon's user: ${unconfined}`);
        const changedGrant = await noteGrants(wanted, sandbox);
        const runner = await loadPlugin(wanted, {
          ...loader,
          stateDirectory,
          sandbox,
          clock,
          log,
          observer,
          desk: counter.deskFor(wanted),
        });
        return { runner, changedGrant };
      },
      stateDirectory: stateDirectoryOf(instance, stateDirectory),
      hostMethods: counter.methodsFor(spec),
      unconfined: () => unconfined,
      altered: files.altered,
      statistics: counted,
      onCall: (call) => parts.slowLog.note(instance, call),
      clock,
      log,
      random: Math.random,
      onLife(life) {
        tellLife(life);
        followFiles(life);
        parts.onLife(spec, life);
      },
      namedBefore: predecessor?.named(),
    });
  };
}
