import type { Clock } from '../../clock.ts';
import { messageOf, SnoozeError } from '../../errors.ts';
import { isAnswered } from '../../rpc/codes.ts';
import type { Runner } from '../runners/runner.ts';
import { type Life, type LifeEvent, next, UNBORN } from './lifecycle.ts';
import { createWaiting } from './waiting.ts';

export type SupervisorParts = {
  instance: string;
  /** Why it must not be started: what it leans on has failed. */
  heldBack: () => string | undefined;
  load: () => Promise<Runner>;
  initialize: (runner: Runner) => Promise<void>;
  clock: Clock;
  /** 0 to 1. */
  random: () => number;
  /** Told of every change, after it. */
  onChange: (life: Life) => void;
};

/** Keeps one plugin alive: loads it, starts it again when it fails, ends it. */
export type Supervisor = {
  life(): Life;
  /** The plugin while it can be asked. */
  running(): Runner | undefined;
  /** The plugin from its start to its end, whether it can be asked or not. */
  present(): Runner | undefined;
  /** Starts it unless it runs; resolves when it runs or has failed, and never rejects. */
  start(cause: string): Promise<void>;
  /**
   * Waits until it runs; a failed one is started at once, not after its backoff.
   * @throws SnoozeError SNOOZE_E_PLUGIN_START when it will not run before `untilBootMs`, or `signal` aborts.
   */
  awaken(cause: string, untilBootMs: number, signal: AbortSignal): Promise<Runner>;
  /** Resolves after the next change of state, or as soon as `signal` aborts. */
  changed(signal: AbortSignal): Promise<void>;
  /** Ends a plugin that is of no use any more, and then treats it as failed; only if it is still this one. */
  giveUp(runner: Runner, error: string): void;
  /** Ends a plugin in peace and starts it again; false where it does not run, or is another one. */
  renew(runner: Runner, cause: string): boolean;
  /** Ends a plugin in peace that cannot do without what has failed; it stays failed until it is started again. */
  hold(why: string): void;
  health(degraded: string | null): void;
  /** Ends it for good; afterwards no process of it is left and no timer waits. */
  stop(reason: string, graceMs: number): Promise<void>;
};

/** A plugin that is of no use any more is not waited for as long as one that is ended in peace. */
const USELESS_GRACE_MS = 2_000;
const RENEWAL_GRACE_MS = 7_000;

export function createSupervisor(parts: SupervisorParts): Supervisor {
  const { clock, instance } = parts;
  let life = UNBORN;
  let present: Runner | undefined;
  let starting: Promise<void> = Promise.resolve();
  let ending: Promise<void> = Promise.resolve();
  let stopping = false;
  let cancelRetry = () => {};
  const changes = createWaiting();

  const apply = (event: LifeEvent) => {
    const before = life;
    life = next(life, event);
    if (life === before) return;
    cancelRetry();
    const { state } = life;
    if (state.name === 'failed' && 'atBootMs' in state.retry) {
      cancelRetry = clock.after(state.retry.atBootMs - clock.bootMs(), () => void start('its time to wait is over'));
    }
    parts.onChange(life);
    changes.wakeAll();
  };

  const fail = (error: string, hopeless: boolean) => {
    if (stopping) return;
    apply({ kind: 'failure', error, hopeless, bootMs: clock.bootMs(), random: parts.random() });
  };

  const run = async () => {
    if (stopping) return;
    const why = parts.heldBack();
    if (why !== undefined) return apply({ kind: 'held', error: why });
    let runner: Runner | undefined;
    try {
      runner = await parts.load();
      present = runner;
      if (!stopping) await parts.initialize(runner);
      if (stopping) return;
      apply({ kind: 'initialize-answered' });
      follow(runner);
      apply({ kind: 'ready', bootMs: clock.bootMs() });
    } catch (error) {
      present = undefined;
      await runner?.stop('it did not start', 1_000);
      const end = runner && (await runner.ended);
      // An invalid configuration stays invalid: PROTOCOL.md's error code, or exit code 78.
      const refused = isAnswered(error, 'configInvalid');
      // What sandboxes this host has was found out once.
      const unsafe = error instanceof SnoozeError && error.code === 'SNOOZE_E_PLUGIN_SANDBOX';
      fail(messageOf(error), refused || unsafe || end?.configurationWrong === true);
    }
  };

  const follow = (runner: Runner) => {
    runner.ended.then(
      (end) => {
        if (present !== runner) return;
        present = undefined;
        fail(end.message, end.configurationWrong);
      },
      () => {},
    );
  };

  const start = (cause: string): Promise<void> => {
    if (stopping) return starting;
    const before = life;
    apply({ kind: 'start', cause });
    if (life !== before) starting = ending.then(run);
    return starting;
  };

  const running = () => (life.state.name === 'running' ? present : undefined);

  return {
    life: () => life,
    running,
    present: () => present,
    start,
    changed: changes.next,
    async awaken(cause, untilBootMs, signal) {
      let pushed = false;
      while (!signal.aborted) {
        const runner = running();
        if (runner !== undefined) return runner;
        const { state } = life;
        if (state.name === 'stopped' || stopping) throw doesNotRun(instance, life.cause);
        if (state.name === 'failed') {
          const { retry } = state;
          if (!('atBootMs' in retry) || (pushed && retry.atBootMs >= untilBootMs))
            throw doesNotRun(instance, state.error);
          if (!pushed) start(cause).catch(() => {}); // never rejects
          pushed = true;
        }
        await changes.next(signal);
      }
      throw doesNotRun(instance, life.state.name === 'failed' ? life.state.error : 'it did not start in time');
    },
    giveUp(runner, error) {
      if (present !== runner || stopping) return;
      present = undefined;
      ending = runner.stop(error, USELESS_GRACE_MS).then(() => fail(error, false));
    },
    renew(runner, cause) {
      if (running() !== runner || stopping) return false;
      present = undefined;
      ending = runner.stop(cause, RENEWAL_GRACE_MS);
      starting = ending.then(run);
      apply({ kind: 'renewal', cause });
      return true;
    },
    hold(why) {
      const runner = running();
      if (runner === undefined || stopping) return;
      present = undefined;
      ending = runner.stop(why, RENEWAL_GRACE_MS);
      apply({ kind: 'held', error: why });
    },
    health: (degraded) => apply({ kind: 'health', degraded }),
    async stop(reason, graceMs) {
      stopping = true;
      cancelRetry();
      const runner = present;
      await runner?.stop(reason, graceMs);
      await ending;
      await starting;
      // One that was just being started.
      if (present !== runner) await present?.stop(reason, graceMs);
      present = undefined;
      apply({ kind: 'stop', reason });
    },
  };
}

function doesNotRun(instance: string, why: string): SnoozeError {
  return new SnoozeError('SNOOZE_E_PLUGIN_START', `${instance} does not run: ${why}`, {
    hint: `type: snooze plugin info ${instance}`,
  });
}
