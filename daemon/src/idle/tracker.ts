import type { Inhibition } from './check.ts';

export type TrackerSettings = { naptimeMs: number; warningMs: number; intervalMs: number };

/** Since when the host is idle, and what failed attempts have left behind. All times: milliseconds since boot. */
type Counting = { idleSinceBootMs: number; lastBootMs: number; failures: number; backoff: Backoff | undefined };
/** No other attempt before this time. A busy round ends the count of failures, but not this: a veto names a time. */
type Backoff = { untilBootMs: number; reason: string };

/** Where the count stands (DESIGN.md, "A check, from tick to verdict"). */
export type TrackerState =
  | { phase: 'active'; lastBootMs: number | undefined; backoff: Backoff | undefined }
  | ({ phase: 'idle' } & Counting)
  | ({ phase: 'warning'; warnedBootMs: number } & Counting)
  | ({ phase: 'inhibited' } & Counting)
  | ({ phase: 'snoozing' } & Counting);

export type TrackerInput = {
  bootMs: number;
  verdict: 'idle' | 'busy';
  reason: string;
  inhibitions: readonly Inhibition[];
};

/** What the caller has to do because of a step. */
export type TrackerEffect =
  | { kind: 'warn'; snoozeAtBootMs: number }
  | { kind: 'warning-over'; reason: string }
  | { kind: 'snooze' };

export type TrackerStep = { state: TrackerState; effects: TrackerEffect[] };

/** A gap of more than this many intervals restarts the count: the host slept, or was stopped, or starved. */
const GAP_INTERVALS = 3;
/** A busy machine runs a round late by seconds; with a short interval that is no gap. */
const SHORTEST_GAP_MS = 10_000;
const FIRST_BACKOFF_MS = 60_000;
const LONGEST_BACKOFF_MS = 3_600_000;

export function createTrackerState(): TrackerState {
  return { phase: 'active', lastBootMs: undefined, backoff: undefined };
}

/** Takes one round's verdict into the count. Pure. */
export function step(state: TrackerState, input: TrackerInput, settings: TrackerSettings): TrackerStep {
  const { bootMs } = input;
  if (input.verdict === 'busy') return { state: activeAgain(state, bootMs), effects: warningOver(state, input.reason) };
  const gapMs = state.lastBootMs === undefined ? 0 : bootMs - state.lastBootMs;
  const isGap = gapMs < 0 || gapMs > Math.max(GAP_INTERVALS * settings.intervalMs, SHORTEST_GAP_MS);
  if (state.phase !== 'active' && !isGap) return onwards({ ...state, lastBootMs: bootMs }, input, settings);
  const reason = `nothing is known of the last ${Math.round(gapMs / 1000)} s, so the count starts again`;
  const begun = onwards(beginCount(bootMs, state), input, settings);
  return { state: begun.state, effects: [...warningOver(state, reason), ...begun.effects] };
}

/** The backoff as the inhibition that it is, while it lasts. */
export function backoffOf(state: TrackerState, bootMs: number): Inhibition | undefined {
  if (state.backoff === undefined || state.backoff.untilBootMs <= bootMs) return undefined;
  const { untilBootMs, reason } = state.backoff;
  return { kind: 'backoff', name: 'backoff', reason, untilBootMs };
}

/** A plugin does not allow the snooze: idle again, and no other attempt before `untilBootMs`. */
export function snoozeVetoed(state: TrackerState, veto: { untilBootMs: number; reason: string }): TrackerState {
  return state.phase === 'active' ? { ...state, backoff: veto } : idleAgain(state, { backoff: veto });
}

/** The action failed: idle again, and the next attempt waits, twice as long after each failure, at most an hour. */
export function snoozeFailed(state: TrackerState, failure: { bootMs: number; reason: string }): TrackerState {
  const failures = state.phase === 'active' ? 0 : state.failures;
  const waitMs = Math.min(FIRST_BACKOFF_MS * 2 ** failures, LONGEST_BACKOFF_MS);
  const backoff = {
    untilBootMs: failure.bootMs + waitMs,
    reason: `the last snooze failed: ${failure.reason}`,
  };
  return state.phase === 'active' ? { ...state, backoff } : idleAgain(state, { failures: failures + 1, backoff });
}

/** The last look found the host in use: the count starts again with the next idle round. */
export function snoozeAborted(state: TrackerState): TrackerState {
  return activeAgain(state, state.lastBootMs);
}

/** When the host is stopped if it stays as it is, or null while it is busy or something forbids it. */
export function snoozeAtBootMs(state: TrackerState, settings: TrackerSettings): number | null {
  if (state.phase === 'snoozing') return state.lastBootMs;
  if (state.phase === 'warning') return snoozeTime(state, settings);
  return state.phase === 'idle' ? warnTime(state, settings) + settings.warningMs : null;
}

/** When the next round is due: one interval on, or sooner where the warning begins or the naptime ends. */
export function nextStepBootMs(state: TrackerState, settings: TrackerSettings, nowBootMs: number): number {
  const regular = nowBootMs + settings.intervalMs;
  const boundary =
    state.phase === 'idle'
      ? warnTime(state, settings)
      : state.phase === 'warning'
        ? snoozeTime(state, settings)
        : regular;
  return boundary > nowBootMs ? Math.min(regular, boundary) : regular;
}

function beginCount(bootMs: number, before: TrackerState): Extract<TrackerState, { phase: 'idle' }> {
  const failures = before.phase === 'active' ? 0 : before.failures;
  return { phase: 'idle', idleSinceBootMs: bootMs, lastBootMs: bootMs, failures, backoff: before.backoff };
}

function activeAgain({ backoff }: TrackerState, lastBootMs: number | undefined): TrackerState {
  return { phase: 'active', lastBootMs, backoff };
}

type Idle = Exclude<TrackerState, { phase: 'active' }>;

function onwards(state: Idle, input: TrackerInput, settings: TrackerSettings): TrackerStep {
  const { bootMs } = input;
  if (state.phase === 'snoozing') return { state, effects: [] };
  const inhibition = input.inhibitions[0] ?? backoffOf(state, bootMs);
  if (inhibition)
    return { state: { ...counting(state), phase: 'inhibited' }, effects: warningOver(state, inhibition.reason) };
  if (state.phase !== 'warning') {
    const idle: Extract<TrackerState, { phase: 'idle' }> = { ...counting(state), phase: 'idle' };
    if (bootMs < warnTime(idle, settings)) return { state: idle, effects: [] };
    const warning: TrackerState = { ...counting(state), phase: 'warning', warnedBootMs: bootMs };
    const snoozeAt = snoozeTime(warning, settings);
    if (bootMs >= snoozeAt) return { state: { ...counting(state), phase: 'snoozing' }, effects: [{ kind: 'snooze' }] };
    return { state: warning, effects: [{ kind: 'warn', snoozeAtBootMs: snoozeAt }] };
  }
  if (bootMs < snoozeTime(state, settings)) return { state, effects: [] };
  return { state: { ...counting(state), phase: 'snoozing' }, effects: [{ kind: 'snooze' }] };
}

/** When the warning begins: so that it ends with the naptime, or at once where the naptime is over. */
function warnTime(state: Counting, settings: TrackerSettings): number {
  return Math.max(state.idleSinceBootMs + settings.naptimeMs - settings.warningMs, state.lastBootMs);
}

function snoozeTime(state: Counting & { warnedBootMs: number }, settings: TrackerSettings): number {
  return Math.max(state.idleSinceBootMs + settings.naptimeMs, state.warnedBootMs + settings.warningMs);
}

function counting({ idleSinceBootMs, lastBootMs, failures, backoff }: Idle): Counting {
  return { idleSinceBootMs, lastBootMs, failures, backoff };
}

function idleAgain(state: Idle, change: Partial<Counting>): TrackerState {
  return { ...counting(state), ...change, phase: 'inhibited' };
}

function warningOver(state: TrackerState, reason: string): TrackerEffect[] {
  return state.phase === 'warning' ? [{ kind: 'warning-over', reason }] : [];
}
