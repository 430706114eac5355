import type { Clock } from '../clock.ts';
import { isRehearsal, kindOf } from '../event-kind.ts';
import { graceOf } from '../making-way.ts';
import type { Handler, SnoozeEvent, WayReason } from './event.ts';
import { rankOf } from './rank.ts';

/** Who wants a plugin, and until when it is of use. */
export type Wish = {
  /** The event it is for. */
  event: SnoozeEvent;
  /** When it must have the plugin, in milliseconds since boot, to lose nothing; Infinity where there is no hurry. */
  neededBootMs: () => number;
  /** When there is no time left for it; Infinity where there always is. */
  uselessBootMs: () => number;
  /** Called when these have moved. */
  moves: Set<() => void>;
  /** Each ends the wait. */
  signals: readonly AbortSignal[];
  /** Ends its turn, because what is more urgent needs the plugin. */
  makeWay: (reason: WayReason) => void;
};

/** How a wait ended: its turn has come, and `leave` lets the next one through; or it was of no use any more. */
export type Entry =
  | { kind: 'in'; leave: () => void }
  | { kind: 'late'; busyWith: string | undefined }
  | { kind: 'ended' };

/**
 * The plugins that do one thing at a time: each has a line of those that want it, the most urgent first. Whoever waits
 * with a deadline for a plugin that is at work on something less urgent has it make way when the time comes; a rehearsal
 * makes way at once for all that is real.
 */
export type Lines = { enter(handler: Pick<Handler, 'name' | 'concurrent'>, wish: Wish): Promise<Entry> };

type Waiting = { wish: Wish; admit: () => void; rearm: () => void };
type Line = { holder: Wish; waiting: Waiting[] };

export function createLines(clock: Clock): Lines {
  const lines = new Map<string, Line>();

  const entered = (plugin: string): Entry => {
    let inside = true;
    const leave = () => {
      const line = lines.get(plugin);
      if (!inside || line === undefined) return;
      inside = false;
      const next = mostUrgent(line.waiting);
      if (next === undefined) return void lines.delete(plugin);
      line.holder = next.wish;
      next.admit();
      for (const { rearm } of [...line.waiting]) rearm();
    };
    return { kind: 'in', leave };
  };

  return {
    enter({ name: plugin, concurrent }, wish) {
      if (wish.signals.some(({ aborted }) => aborted)) return Promise.resolve({ kind: 'ended' });
      if (wish.uselessBootMs() <= clock.bootMs()) return Promise.resolve({ kind: 'late', busyWith: undefined });
      if (concurrent) return Promise.resolve({ kind: 'in', leave() {} });
      const line = lines.get(plugin);
      if (line === undefined) {
        lines.set(plugin, { holder: wish, waiting: [] });
        return Promise.resolve(entered(plugin));
      }
      return new Promise((resolve) => {
        let cancelTimer = () => {};
        const finish = (entry: Entry) => {
          cancelTimer();
          line.waiting = line.waiting.filter((other) => other !== place);
          wish.moves.delete(rearm);
          for (const signal of wish.signals) signal.removeEventListener('abort', onAbort);
          resolve(entry);
        };
        const onAbort = () => finish({ kind: 'ended' });
        const rearm = () => {
          cancelTimer();
          const nowMs = clock.bootMs();
          const { holder } = line;
          if (wish.uselessBootMs() <= nowMs) return finish({ kind: 'late', busyWith: kindOf(holder.event) });
          const wayMs = wayBootMs(holder, wish, nowMs);
          if (wayMs <= nowMs) holder.makeWay(wayFor(holder, wish, nowMs));
          cancelTimer = at(wayMs <= nowMs ? wish.uselessBootMs() : Math.min(wayMs, wish.uselessBootMs()), nowMs);
        };
        const at = (bootMs: number, nowMs: number) =>
          bootMs === Number.POSITIVE_INFINITY ? () => {} : clock.after(bootMs - nowMs, rearm);
        const place: Waiting = { wish, rearm, admit: () => finish(entered(plugin)) };
        line.waiting.push(place);
        wish.moves.add(rearm);
        for (const signal of wish.signals) signal.addEventListener('abort', onAbort, { once: true });
        rearm();
      });
    },
  };
}

/** When one that has a plugin must make way for another, in milliseconds since boot; Infinity where it need not. */
function wayBootMs(holder: Wish, wish: Wish, nowMs: number): number {
  if (rankOf(holder.event) >= rankOf(wish.event)) return Number.POSITIVE_INFINITY;
  return isRehearsal(holder.event) && !isRehearsal(wish.event) ? nowMs : wish.neededBootMs();
}

function wayFor(holder: Wish, { event, uselessBootMs }: Wish, nowMs: number): WayReason {
  const kind = kindOf(event);
  const words = isRehearsal(holder.event)
    ? `interrupted by ${kind}, a real event`
    : `it makes way for ${kind}, and is called again after it`;
  return { graceMs: graceOf(uselessBootMs() - nowMs), toString: () => words };
}

/** The first of those with the highest rank. */
function mostUrgent(waiting: readonly Waiting[]): Waiting | undefined {
  const most = Math.max(...waiting.map(({ wish }) => rankOf(wish.event)));
  return waiting.find(({ wish }) => rankOf(wish.event) === most);
}
