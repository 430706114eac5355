import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import { SnoozeError } from '../errors.ts';
import type { Handler, SnoozeEvent } from '../events/event.ts';
import { needsOf } from './dependencies.ts';
import { depthOf, inOrder } from './in-order.ts';
import type { Instance } from './instance/instance.ts';
import type { Life } from './instance/lifecycle.ts';
import { type InstanceSpec, namesItsEvents } from './manifest/instance-spec.ts';
import { grantsOf } from './sandbox/granted-paths.ts';

/** All instances that are in use, by name. */
export type Fleet = {
  get(name: string): Instance | undefined;
  all(): Instance[];
  /** Starts what is new, stops what is not wanted any more, changes what has changed, and leaves the others alone. */
  adopt(specs: readonly InstanceSpec[]): Promise<void>;
  /** Starts one again, after the events that it has in hand; false where there is none of the name. */
  restart(name: string, cause: string): Promise<boolean>;
  /** Stops one, after the events that it has in hand. */
  remove(name: string, reason: string): Promise<void>;
  /** What an instance leans on and has failed, with the reason; undefined where nothing has. */
  heldBack(spec: InstanceSpec): string | undefined;
  /** What leans on an instance that is given up ends, and comes back when it runs. */
  follow(spec: InstanceSpec, life: Life): Promise<void>;
  /** Who has subscribed to an event type; each gives the event to the instance that has the name by then. */
  handlers(eventType: string): Handler[];
  /** Resolves when it is known of each which events it handles: at once where its manifest says so. */
  subscribed(): Promise<void>;
  stop(reason: string, graceMs: number): Promise<void>;
};

const STOP_GRACE_MS = 7_000;

export function createFleet(make: (spec: InstanceSpec, predecessor?: Instance) => Instance, clock: Clock): Fleet {
  const instances = new Map<string, Instance>();
  /** Those that still have an event in hand, or are being ended. */
  const leaving = new Set<Instance>();
  let stopped = false;

  const retire = async (instance: Instance, reason: string) => {
    leaving.add(instance);
    await instance.drained();
    await instance.stop(reason, STOP_GRACE_MS);
    leaving.delete(instance);
  };

  const launch = async (instance: Instance, cause: string) => {
    if (!stopped) await instance.start(cause);
  };

  const remove = async (name: string, reason: string) => {
    const instance = instances.get(name);
    instances.delete(name);
    if (instance !== undefined) await retire(instance, reason);
  };

  /** The new one has its place at once, so that an event that comes meanwhile finds it and waits for it. */
  const exchange = async (before: Instance, spec: InstanceSpec, cause: string) => {
    const after = make(spec, before);
    instances.set(spec.instance, after);
    await retire(before, cause);
    await launch(after, cause);
  };

  const change = async (instance: Instance, spec: InstanceSpec) => {
    const before = instance.spec();
    const sameProgram = isDeepStrictEqual([before.manifest, before.directory], [spec.manifest, spec.directory]);
    // A sandbox, and a path that the configuration grants in it, are made when a process is started, and not later.
    const sameGrants = before.sandbox === spec.sandbox && isDeepStrictEqual(grantsOf(before), grantsOf(spec));
    if (sameProgram && sameGrants && (await instance.reconfigure(spec))) return;
    await exchange(instance, spec, sameProgram ? 'its configuration changed' : 'its files changed');
  };

  const handle = async (name: string, event: SnoozeEvent, timeoutMs: number, signal: AbortSignal) => {
    const instance = instances.get(name);
    if (instance === undefined)
      throw new SnoozeError('SNOOZE_E_PLUGIN_START', `${name} was disabled before its turn with ${event.type}`);
    const startedMs = clock.bootMs();
    try {
      return await instance.handle(event, timeoutMs, signal);
    } catch (error) {
      const neverGotIt = error instanceof SnoozeError && error.code === 'SNOOZE_E_PLUGIN_START';
      const leftMs = timeoutMs - (clock.bootMs() - startedMs);
      if (!neverGotIt || instances.get(name) === instance || leftMs <= 0 || signal.aborted) throw error;
      return await handle(name, event, leftMs, signal);
    }
  };

  return {
    get: (name) => instances.get(name),
    all: () => [...instances.values()],
    remove,
    async restart(name, cause) {
      const instance = instances.get(name);
      if (instance === undefined) return false;
      await exchange(instance, instance.spec(), cause);
      return true;
    },
    async adopt(specs) {
      const wanted = new Map(specs.map((spec) => [spec.instance, spec]));
      const gone = [...instances.values()].filter((instance) => !wanted.has(instance.spec().instance));
      const kept = [...instances.values()].filter((instance) => !gone.includes(instance));
      const fresh = specs.filter(({ instance }) => !instances.has(instance)).map((spec) => make(spec));
      for (const instance of fresh) instances.set(instance.spec().instance, instance);
      await Promise.all([
        inOrder(gone, isNeededBy, (instance) => remove(instance.spec().instance, 'it is not in use any more')),
        ...kept.map(async (instance) => {
          const spec = wanted.get(instance.spec().instance);
          if (spec !== undefined && !isDeepStrictEqual(spec, instance.spec())) await change(instance, spec);
        }),
        inOrder(fresh, needs, (instance) => launch(instance, 'it is enabled')),
      ]);
    },
    heldBack(spec) {
      for (const need of needsOf(spec)) {
        const offered = [...instances.values()].filter((other) => other.spec().manifest.name === need);
        const failed = offered.map((other) => other.summary()).filter(({ state }) => state === 'failed');
        if (offered.length > 0 && failed.length === offered.length)
          return `its dependency ${need} has failed: ${failed[0]?.last_error}`;
      }
      return undefined;
    },
    async follow({ instance, manifest }, { state }) {
      const leaning = [...instances.values()].filter((other) => needsOf(other.spec()).includes(manifest.name));
      if (state.name === 'running') await Promise.all(leaning.map((other) => other.release(`${instance} runs`)));
      // one that is started again in a moment is waited for
      if (state.name === 'failed' && state.retry.kind !== 'backoff')
        await Promise.all(leaning.map((other) => other.hold()));
    },
    handlers: (eventType) =>
      [...instances].flatMap(([name, instance]) => {
        const subscription = instance.subscription(eventType);
        if (subscription === undefined) return [];
        return [
          {
            name,
            ...subscription,
            concurrent: instance.spec().manifest.concurrent === true,
            handle: (event, timeoutMs, signal) => handle(name, event, timeoutMs, signal),
          },
        ];
      }),
    async subscribed() {
      const asked = [...instances.values()].filter((instance) => namesItsEvents(instance.spec().manifest));
      await Promise.all(asked.map((instance) => instance.started()));
    },
    async stop(reason, graceMs) {
      stopped = true;
      const all = [...instances.values()];
      const eachMs = graceMs / depthOf(all, isNeededBy);
      await Promise.all([
        ...[...leaving].map((instance) => instance.stop(reason, graceMs)),
        inOrder(all, isNeededBy, (instance) => instance.stop(reason, eachMs)),
      ]);
    },
  };
}

/** Whether an instance leans on the other one's plugin: it is started after it, and ended before it. */
function needs(instance: Instance, other: Instance): boolean {
  return needsOf(instance.spec()).includes(other.spec().manifest.name);
}

function isNeededBy(instance: Instance, other: Instance): boolean {
  return needs(other, instance);
}
