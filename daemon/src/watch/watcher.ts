import type { Action } from '../actions/action.ts';
import { type Clock, sleep } from '../clock.ts';
import type { Provider } from '../cloud/provider.ts';
import type { CommandRunner } from '../command.ts';
import { messageOf } from '../errors.ts';
import type { Inhibition } from '../idle/check.ts';
import {
  createTrackerState,
  nextStepBootMs,
  snoozeAborted,
  snoozeFailed,
  snoozeVetoed,
  step,
  type TrackerSettings,
  type TrackerState,
} from '../idle/tracker.ts';
import type { Log } from '../log.ts';
import type { Sample } from '../monitors/monitor.ts';
import type { PluginHost } from '../plugins/host.ts';
import type { History } from '../store/store.ts';
import { act, type Outcome } from './act.ts';
import { describeChange } from './changes.ts';
import { createRest, SHORTEST_MS } from './rest.ts';
import { lookOnce, type Round, type RoundParts } from './round.ts';
import { isNear, timesOf } from './times.ts';

/** What the rest of the daemon sees of the loop at any instant. */
export type WatchSnapshot = {
  tracker: TrackerState;
  /** The last one; where it failed, with the checks of the one before. */
  round: Pick<Round, 'checks' | 'host'> | undefined;
  lastFailure: { wallMs: number; message: string } | undefined;
};

export type Watcher = {
  snapshot(): WatchSnapshot;
  settings(): TrackerSettings;
  /** Looks again soon: the configuration or the plugins have changed. */
  lookSoon(): void;
  /** Ends the loop; resolves when nothing of it runs any more. */
  stop(): Promise<void>;
};

export type WatcherParts = RoundParts & {
  plugins: Pick<PluginHost, 'checkAll' | 'beforeSnooze'>;
  /** What forbids a snooze now, apart from what the tracker itself knows. */
  inhibitions: (tracker: TrackerState) => Inhibition[];
  provider: () => Provider;
  /** Called while a snooze is so near that this is the time to look whether it is safe. */
  snoozeIsNear: () => void;
  action: () => Action;
  run: CommandRunner;
  history: History;
  /** Called with each sample of the host, before anything is made of it. */
  onSample: (sample: Sample) => void;
  clock: Clock;
  log: Log;
  /** Called whenever the snapshot has changed. */
  onChange: () => void;
};

/** A plugin that asks for a delay without saying how long gets this. */
const DEFAULT_DELAY_SECONDS = 600;
/** A host that was told to stop and still runs after this was not stopped. */
const GONE_AFTER_MS = 10 * 60_000;

/** Starts the loop: look, decide, and when the naptime is over, act. */
export function startWatcher(parts: WatcherParts): Watcher {
  const { clock, log } = parts;
  const ending = new AbortController();
  let tracker = createTrackerState();
  let round: WatchSnapshot['round'];
  let lastFailure: WatchSnapshot['lastFailure'];
  let sampledBootMs = clock.bootMs();
  const rest = createRest(clock, ending.signal, () => sampledBootMs);
  const times = () => timesOf(parts.config());

  const look = async () => {
    const idleSeconds = 'idleSinceBootMs' in tracker ? (clock.bootMs() - tracker.idleSinceBootMs) / 1000 : 0;
    const found = await lookOnce(parts, { state: tracker.phase, idleSeconds }, ending.signal);
    for (const line of describeChange(round, found)) log.info({}, line);
    round = found;
    sampledBootMs = found.sample.bootMs;
    parts.onSample(found.sample);
    return found;
  };

  const turn = async () => {
    const found = await look();
    if (ending.signal.aborted) return;
    const result = step(
      tracker,
      {
        bootMs: found.sample.bootMs,
        verdict: found.host.verdict,
        reason: found.host.reason,
        inhibitions: parts.inhibitions(tracker),
      },
      times(),
    );
    tracker = result.state;
    parts.onChange();
    if (isNear(tracker, times())) parts.snoozeIsNear();
    for (const effect of result.effects) {
      if (effect.kind === 'warn') {
        const seconds = Math.max(0, Math.round((effect.snoozeAtBootMs - clock.bootMs()) / 1000));
        log.warn({}, `idle long enough: a snooze follows in ${seconds} s unless somebody needs this host`);
      } else if (effect.kind === 'warning-over') log.info({}, `no snooze after all: ${effect.reason}`);
      else await snooze();
    }
  };

  const snooze = async () => {
    const idleSeconds = 'idleSinceBootMs' in tracker ? (clock.bootMs() - tracker.idleSinceBootMs) / 1000 : 0;
    const outcome = await act(
      {
        look,
        inhibitions: () => parts.inhibitions(tracker),
        plugins: parts.plugins,
        provider: parts.provider(),
        action: parts.action(),
        run: parts.run,
        history: parts.history,
        config: parts.config,
        clock,
        log,
        signal: ending.signal,
      },
      idleSeconds,
    );
    await settle(outcome);
    parts.onChange();
  };

  const settle = async (outcome: Outcome) => {
    if (outcome.kind === 'going-down') {
      lastFailure = undefined;
      log.warn({}, 'the host is on its way down');
      if (!(await sleep(clock, GONE_AFTER_MS, ending.signal))) return;
      failed(`the stop was accepted ${GONE_AFTER_MS / 60_000} minutes ago and this host still runs`);
    } else if (outcome.kind === 'failed') failed(outcome.message);
    else if (outcome.kind === 'vetoed') {
      const delayMs = (outcome.delaySeconds ?? DEFAULT_DELAY_SECONDS) * 1000;
      tracker = snoozeVetoed(tracker, { untilBootMs: clock.bootMs() + delayMs, reason: outcome.reason });
      log.info({}, `no snooze for ${delayMs / 1000} s: ${outcome.reason}`);
    } else {
      // A dry run that was carried out counts from zero again, or it would be repeated at every check.
      tracker = outcome.kind === 'done' ? createTrackerState() : snoozeAborted(tracker);
      if (outcome.kind === 'done') lastFailure = undefined;
      else log.info({}, `no snooze after all: ${outcome.reason}`);
    }
  };

  const failed = (message: string) => {
    tracker = snoozeFailed(tracker, { bootMs: clock.bootMs(), reason: message });
    lastFailure = { wallMs: clock.wallMs(), message };
    log.error({}, `the snooze failed: ${message}`);
  };

  const roundFailed = (message: string) => {
    const reason = `the last check round failed: ${message}`;
    if (round?.host.reason !== reason) log.error({}, `${reason}; the host counts as busy`);
    round = { checks: round?.checks ?? [], host: { verdict: 'busy', reason, blockers: [] } };
    tracker = step(tracker, { bootMs: clock.bootMs(), verdict: 'busy', reason, inhibitions: [] }, times()).state;
  };

  const loop = async () => {
    await parts.sampler.sample();
    await rest.until(clock.bootMs() + Math.min(SHORTEST_MS, times().intervalMs));
    while (!ending.signal.aborted) {
      const beganBootMs = clock.bootMs();
      try {
        await turn();
      } catch (error) {
        roundFailed(messageOf(error));
      }
      // counted from the look, and not from when the last plugin had answered
      const lookedBootMs = Math.max(beganBootMs, sampledBootMs);
      await rest.until(nextStepBootMs(tracker, times(), lookedBootMs));
    }
  };
  const ended = loop();

  return {
    snapshot: () => ({ tracker, round, lastFailure }),
    settings: times,
    lookSoon: rest.wake,
    async stop() {
      ending.abort();
      await ended;
    },
  };
}
