import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { History } from '../store/store.ts';
import { discoverPlugins } from './discover.ts';
import { startExternal } from './external.ts';
import { createGuardian } from './guardian.ts';
import type { CheckContext, PluginHost, PluginMetrics, PluginState } from './host.ts';
import { createInstance, type Instance } from './instance.ts';
import { capabilitiesOf, type InstanceSpec, isEnabled, pluginOf, resolveInstance } from './instance-spec.ts';
import { startNative } from './native.ts';
import {
  disabledSummary,
  type Impossible,
  impossibleCheck,
  impossibleSummary,
  NO_METRICS,
  unknownPlugin,
} from './not-running.ts';
import type { Runner } from './runner.ts';
import { levelNamed } from './stderr.ts';

export type PluginHostParts = {
  config: () => Config;
  /** The config as messages may quote it, without what its variables hold. */
  shown?: () => Config;
  searchPath: () => string[];
  stateDirectory: string;
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  log: Log;
  history: History;
  /** Called when an instance has changed its state. */
  onChange: () => void;
};

const STOP_GRACE_MS = 7_000;

/** All plugins of the daemon. */
export function createPluginHost(parts: PluginHostParts): PluginHost {
  const { clock, log, history } = parts;
  const guardian = createGuardian();
  const instances = new Map<string, Instance>();
  let impossible: Impossible[] = [];
  let plugins: ReturnType<typeof discoverPlugins>['plugins'] = new Map();
  let problems: ReturnType<typeof discoverPlugins>['problems'] = [];
  let reloading: Promise<void> = Promise.resolve();
  let stopped = false;

  const startRunner = async (spec: InstanceSpec): Promise<Runner> => {
    const stateDirectory = stateOf(spec.instance);
    mkdirSync(stateDirectory, { recursive: true, mode: 0o750 });
    const common = {
      manifest: spec.manifest,
      directory: spec.directory,
      instance: spec.instance,
      stateDirectory,
      clock,
      log,
    };
    if (spec.manifest.type === 'native') return startNative(common);
    return startExternal({
      ...common,
      config: spec.config,
      sandbox: parts.config().plugins.sandbox,
      environment: parts.environment,
      guardian,
      onNotification: (method, params) => takeNotification(spec, method, params),
    });
  };
  const stateOf = (instance: string) => join(parts.stateDirectory, 'plugin-state', instance);

  const takeNotification = ({ instance, manifest }: InstanceSpec, method: string, params: unknown) => {
    if (method !== 'Host.Log') return;
    if (manifest.permissions?.host?.includes('Host.Log') === false) return;
    const { level, message } = (typeof params === 'object' && params !== null ? params : {}) as Record<string, unknown>;
    if (typeof message === 'string') log[levelNamed(String(level))]({ plugin: instance }, message.slice(0, 2_000));
  };

  const make = (spec: InstanceSpec): Instance => {
    const instance = createInstance({
      spec,
      startRunner,
      stateDirectory: stateOf(spec.instance),
      clock,
      log,
      random: Math.random,
      onState(state: PluginState, cause: string) {
        history.add({
          kind: 'plugin',
          cause: `plugin ${spec.instance}`,
          summary: `${spec.instance} is ${state}: ${cause}`,
        });
        log.debug({ plugin: spec.instance }, `is ${state}: ${cause}`);
        parts.onChange();
      },
    });
    instances.set(spec.instance, instance);
    return instance;
  };

  /** What the configuration wants now, resolved; what cannot be is remembered with the reason. */
  const wanted = (): InstanceSpec[] => {
    const config = parts.config();
    const failed: Impossible[] = [];
    const specs = Object.keys(config.plugins.plugin_configs).flatMap((instance) => {
      if (!isEnabled(instance, config)) return [];
      try {
        return [resolve(instance, config)];
      } catch (error) {
        const plugin = pluginOf(instance, config);
        failed.push({ instance, plugin, directory: plugins.get(plugin)?.directory ?? '', message: messageOf(error) });
        return [];
      }
    });
    for (const { instance, message } of failed) {
      if (impossible.some((before) => before.instance === instance && before.message === message)) continue;
      log.warn({ plugin: instance }, message);
      history.add({ kind: 'plugin', cause: `plugin ${instance}`, summary: `${instance} is failed: ${message}` });
    }
    impossible = failed;
    return specs;
  };

  const resolve = (instance: string, config: Config): InstanceSpec => {
    const plugin = pluginOf(instance, config);
    const found = plugins.get(plugin);
    if (found !== undefined) return resolveInstance(instance, found, config, parts.shown?.());
    const bad = problems.find(({ name }) => name === plugin);
    if (bad) throw new SnoozeError('SNOOZE_E_MANIFEST_INVALID', bad.message);
    throw new SnoozeError(
      'SNOOZE_E_PLUGIN_UNKNOWN',
      `there is no plugin ${plugin} in ${parts.searchPath().join(', ')}`,
      {
        hint: `install it: snooze plugin install PATH`,
      },
    );
  };

  const apply = async () => {
    const said = new Set(problems.map(({ message }) => message));
    ({ plugins, problems } = discoverPlugins(parts.searchPath()));
    for (const { message } of problems) if (!said.has(message)) log.warn({}, message);
    const specs = wanted();
    await Promise.all(
      [...instances.values()].map(async (instance) => {
        const name = instance.spec().instance;
        const next = specs.find((spec) => spec.instance === name);
        if (next === undefined) await remove(name, 'disabled');
        else if (!isDeepStrictEqual(next, instance.spec())) await change(instance, next);
      }),
    );
    const fresh = specs.filter((spec) => !instances.has(spec.instance));
    await Promise.all(fresh.map((spec) => (stopped ? undefined : make(spec).start())));
    parts.onChange();
  };

  const change = async (instance: Instance, next: InstanceSpec) => {
    const before = instance.spec();
    const onlyConfig = isDeepStrictEqual({ ...before, config: next.config }, next);
    if (onlyConfig && (await instance.reconfigure(next))) return;
    await remove(next.instance, 'its configuration or its files changed');
    if (!stopped) await make(next).start();
  };

  const remove = async (name: string, reason: string) => {
    const instance = instances.get(name);
    instances.delete(name);
    await instance?.stop(reason, STOP_GRACE_MS);
  };

  /** One reload at a time, in the order in which they were asked for. */
  const reload = () => {
    reloading = reloading.then(apply, apply);
    return reloading;
  };

  const checked = () =>
    [...instances.values()].filter((instance) => capabilitiesOf(instance.spec().manifest).includes('check_idle'));

  return {
    start: reload,
    reload,
    async checkAll(metrics: PluginMetrics, context: CheckContext, signal: AbortSignal) {
      const answers = checked().map((instance) => instance.check(metrics, context, signal));
      return [...(await Promise.all(answers)), ...impossible.map((one) => impossibleCheck(one, parts.config(), clock))];
    },
    handlers: (eventType) => [...instances.values()].flatMap((instance) => instance.handler(eventType) ?? []),
    async beforeSnooze(params, signal) {
      const answers = await Promise.all(
        [...instances.values()].map(async (instance) => ({
          instance: instance.spec().instance,
          veto: await instance.beforeSnooze(params, signal),
        })),
      );
      const found = answers.find(({ veto }) => veto !== null);
      return found?.veto ? { instance: found.instance, ...found.veto } : null;
    },
    async afterResume(params) {
      await Promise.all([...instances.values()].map((instance) => instance.afterResume(params)));
    },
    list: () => [
      ...[...instances.values()].map((instance) => instance.summary()),
      ...impossible.map(impossibleSummary),
      ...[...plugins.values()]
        .filter(
          ({ manifest }) =>
            ![...instances.values()].some((instance) => instance.spec().manifest.name === manifest.name),
        )
        .filter(({ manifest }) => !impossible.some(({ plugin }) => plugin === manifest.name))
        .map(({ manifest, directory }) => disabledSummary(manifest, directory)),
    ],
    info(name) {
      const instance = instances.get(name);
      if (instance !== undefined) {
        const { manifest, config } = instance.spec();
        return { summary: instance.summary(), manifest, config };
      }
      const plugin = plugins.get(pluginOf(name, parts.config()));
      const failed = impossible.find((one) => one.instance === name);
      if (plugin === undefined) throw unknownPlugin(name, failed?.message);
      const summary = failed ? impossibleSummary(failed) : disabledSummary(plugin.manifest, plugin.directory);
      return { summary, manifest: plugin.manifest, config: parts.config().plugins.plugin_configs[name] ?? {} };
    },
    async tryOut(name) {
      const instance = instances.get(name);
      if (instance === undefined) {
        const failed = impossible.find((one) => one.instance === name);
        throw new SnoozeError('SNOOZE_E_PLUGIN_START', failed?.message ?? `there is no plugin ${name}`);
      }
      if (!instance.isRunning())
        throw new SnoozeError(
          'SNOOZE_E_PLUGIN_START',
          `${name} did not start: ${instance.summary().last_error ?? 'no reason is known'}`,
        );
      if (!capabilitiesOf(instance.spec().manifest).includes('check_idle')) return null;
      const config = parts.config();
      const verdict = await instance.check(NO_METRICS, {
        check_interval_seconds: config.check_interval_seconds,
        naptime_seconds: config.naptime_minutes * 60,
        state: 'active',
      });
      if (verdict.verdict !== 'unknown') return verdict;
      throw new SnoozeError('SNOOZE_E_PLUGIN_START', `${name} started and gives no verdict: ${verdict.reason}`);
    },
    stopInstance: (name, reason) => remove(name, reason),
    async stop(reason, graceMs) {
      stopped = true;
      await Promise.all([...instances.values()].map((instance) => instance.stop(reason, graceMs)));
      guardian.close();
    },
  };
}
