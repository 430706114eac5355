import { type CrashRecord, NO_CRASHES, planRestart } from './restart.ts';

/** Where an instance is in its life (PROTOCOL.md, "Life of a plugin"). Times are milliseconds since boot. */
export type LifeState =
  | { name: 'unloaded' }
  /** Its process is started, and `Initialize` is not answered yet. */
  | { name: 'loaded' }
  | { name: 'initialized' }
  | { name: 'running'; sinceBootMs: number; degraded: string | null }
  /** For good: an instance that is wanted again is made anew. */
  | { name: 'stopped' }
  | { name: 'failed'; error: string; retry: Retry };

/**
 * When a failed one is started again by itself: `parked` in an hour, `on-change` not before its configuration or its files
 * change, `with-dependency` when what it leans on runs.
 */
export type Retry = { kind: 'backoff' | 'parked'; atBootMs: number } | { kind: 'on-change' | 'with-dependency' };

/** The whole of what is remembered of a life; `cause` is that of the last change. */
export type Life = { state: LifeState; cause: string; crashes: CrashRecord; restarts: number };

export type LifeEvent =
  | { kind: 'start'; cause: string }
  | { kind: 'initialize-answered' }
  | { kind: 'ready'; bootMs: number }
  | { kind: 'health'; degraded: string | null }
  /** It is ended in peace and started again, which is no crash. */
  | { kind: 'renewal'; cause: string }
  /** `hopeless`: it says itself that starting it again would not help. `random` is the jitter, 0 to 1. */
  | { kind: 'failure'; error: string; hopeless: boolean; bootMs: number; random: number }
  /** What it leans on has failed. */
  | { kind: 'held'; error: string }
  | { kind: 'stop'; reason: string };

export const UNBORN: Life = {
  state: { name: 'unloaded' },
  cause: 'it is not started yet',
  crashes: NO_CRASHES,
  restarts: 0,
};

/** The life after an event; the very same object where the event means nothing in this state. Pure. */
export function next(life: Life, event: LifeEvent): Life {
  const { state } = life;
  switch (event.kind) {
    case 'start': {
      if (state.name !== 'unloaded' && state.name !== 'failed') return life;
      const restarts = life.restarts + (state.name === 'failed' ? 1 : 0);
      return { ...life, state: { name: 'loaded' }, cause: event.cause, restarts };
    }
    case 'initialize-answered':
      if (state.name !== 'loaded') return life;
      return { ...life, state: { name: 'initialized' }, cause: 'it answered Initialize' };
    case 'ready':
      if (state.name !== 'initialized') return life;
      return { ...life, state: { name: 'running', sinceBootMs: event.bootMs, degraded: null }, cause: 'it is ready' };
    case 'health':
      if (state.name !== 'running' || state.degraded === event.degraded) return life;
      return { ...life, state: { ...state, degraded: event.degraded }, cause: event.degraded ?? 'it is healthy again' };
    case 'renewal':
      return state.name === 'running' ? { ...life, state: { name: 'loaded' }, cause: event.cause } : life;
    case 'failure':
      return fail(life, event);
    case 'held': {
      const { error } = event;
      return isUp(state)
        ? { ...life, state: { name: 'failed', error, retry: { kind: 'with-dependency' } }, cause: error }
        : life;
    }
    case 'stop':
      return state.name === 'stopped' ? life : { ...life, state: { name: 'stopped' }, cause: event.reason };
  }
}

function fail(life: Life, { error, hopeless, bootMs, random }: Extract<LifeEvent, { kind: 'failure' }>): Life {
  const { state } = life;
  if (!isUp(state)) return life;
  if (hopeless) return { ...life, state: { name: 'failed', error, retry: { kind: 'on-change' } }, cause: error };
  const ranMs = state.name === 'running' ? bootMs - state.sinceBootMs : 0;
  const { delayMs, record } = planRestart(life.crashes, { bootMs, ranMs, random });
  const retry: Retry = { kind: record.parked ? 'parked' : 'backoff', atBootMs: bootMs + delayMs };
  return { ...life, state: { name: 'failed', error, retry }, cause: error, crashes: record };
}

function isUp({ name }: LifeState): boolean {
  return name === 'loaded' || name === 'initialized' || name === 'running';
}
