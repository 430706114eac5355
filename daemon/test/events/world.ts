import { rfc3339 } from '../../src/clock.ts';
import type { EventsConfig } from '../../src/config/config.ts';
import { createDispatcher, type Dispatcher, type DispatcherParts } from '../../src/events/dispatcher.ts';
import type { EventObserver, Handler, Leaving, Notice, WayReason } from '../../src/events/event.ts';
import type { History, Journal } from '../../src/store/store.ts';
import { defaultEvents } from '../support/default-events.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createMemoryJournal } from '../support/memory-journal.ts';

export const SPOT = 'cloud.spot.interrupt';
export const RESERVE_MS = 2000;

export type Behaviour = 'handles' | 'boasts' | 'declines' | 'fails' | 'hangs' | 'throws' | 'babbles' | 'deaf';
export type Plan = {
  name: string;
  priority: number;
  mode: 'handle' | 'observe';
  timeoutMs: number;
  takesMs: number;
  behaviour: Behaviour;
  concurrent: boolean;
  /** What it does when it is told that the event is off or over. */
  whenTold: Behaviour;
};
/** One call of a handler: when it began and, unless it was cut short before, ended. */
export type Call = {
  handler: string;
  eventId: string;
  /** What it was told of an event that is off or over; undefined for the notice itself. */
  stage: unknown;
  startedMs: number;
  endedMs: number | undefined;
  cutMs: number | undefined;
  /** When the plugin could do something else; a deaf one only some seconds after nobody waits for it any more. */
  freeMs: number | undefined;
};
const DEAF_MS = 5000;

export const plan = (given: Partial<Plan> & { name: string }): Plan => ({
  priority: 50,
  mode: 'handle',
  timeoutMs: 30_000,
  takesMs: 100,
  behaviour: 'handles',
  concurrent: false,
  whenTold: 'handles',
  ...given,
});

export type WorldOptions = {
  rule?: 'all' | 'first';
  types?: EventsConfig['types'];
  /** Handlers that know one type only. */
  only?: Record<string, string>;
  journal?: Journal;
  clock?: FakeClock;
  calls?: Call[];
  observer?: EventObserver;
  tellPeople?: DispatcherParts['tellPeople'];
  /** Whether the disk is full now. */
  isFull?: () => boolean;
};

/** A dispatcher over planned handlers and a journal that survives it. */
export function setUp(plans: readonly Plan[], options: WorldOptions = {}) {
  const { rule, journal = createMemoryJournal(), clock = createFakeClock(), calls = [] } = options;
  const silent = () => {};
  const lines: string[] = [];
  const warnings: string[] = [];
  const history: Parameters<History['add']>[0][] = [];
  const dispatcher: Dispatcher = createDispatcher({
    journal: options.isFull ? fullAtTimes(journal, options.isFull) : journal,
    history: { add: (entry) => void history.push(entry), list: () => [] },
    handlers: (type) =>
      plans.filter(({ name }) => (options.only?.[name] ?? type) === type).map((one) => handlerOf(one, clock, calls)),
    config: () => defaultEvents({ types: { ...options.types, ...(rule && { [SPOT]: { dispatch: rule } }) } }),
    clock,
    ...(options.observer && { observer: options.observer }),
    ...(options.tellPeople && { tellPeople: options.tellPeople }),
    log: {
      debug: silent,
      info: (_, message) => void lines.push(message),
      warn: (_, message) => void warnings.push(message),
      error: (_, message) => void warnings.push(message),
    },
  });
  return { dispatcher, journal, clock, calls, lines, warnings, history };
}

/** What cannot be written while the disk is full; of what is written together that comes out at the end. */
export function fullAtTimes(journal: Journal, isFull: () => boolean): Journal {
  const { add, update, setState, setClosing, addTurn, addOutcome, addRemark, put, group } = journal;
  let isInGroup = false;
  const withRoom =
    <A extends unknown[]>(write: (...given: A) => unknown) =>
    (...given: A): void => {
      if (!isFull()) write(...given);
      else if (!isInGroup) throw new Error('disk full');
    };
  return {
    ...journal,
    add(event, own) {
      if (!isFull()) return add(event, own);
      if (!isInGroup) throw new Error('disk full');
      return journal.get(event.id) === undefined;
    },
    update: withRoom(update),
    setState: withRoom(setState),
    setClosing: withRoom(setClosing),
    addTurn: withRoom(addTurn),
    addOutcome: withRoom(addOutcome),
    addRemark: withRoom(addRemark),
    put: withRoom(put),
    group(write) {
      if (!isFull()) return group(write);
      isInGroup = true;
      try {
        write();
      } finally {
        isInGroup = false;
      }
      throw new Error('disk full');
    },
  };
}

/** A spot notice with its deadline so many seconds from now. */
export const notice = (
  clock: FakeClock,
  seconds: number | null,
  id = 'spot-1',
): Extract<Notice, { kind: 'notice' }> => ({
  kind: 'notice',
  id,
  type: SPOT,
  source: 'test',
  deadline: seconds === null ? null : rfc3339(clock.wallMs() + seconds * 1000),
  data: {},
});

export const outcomes = (journal: Journal, id = 'spot-1') =>
  journal
    .get(id)
    ?.outcomes.map(({ handler, status, stage }) => `${handler} ${stage === undefined ? status : `told ${stage}`}`);

function handlerOf(
  { takesMs, behaviour: usual, whenTold, ...subscription }: Plan,
  clock: FakeClock,
  calls: Call[],
): Handler {
  const { name } = subscription;
  return {
    ...subscription,
    handle(event, _timeoutMs, signal) {
      const { stage } = event.data;
      const behaviour = stage === undefined ? usual : whenTold;
      const call: Call = {
        handler: name,
        eventId: event.id,
        stage,
        startedMs: clock.bootMs(),
        endedMs: undefined,
        cutMs: undefined,
        freeMs: undefined,
      };
      const isFree = () => {
        call.freeMs = clock.bootMs();
      };
      calls.push(call);
      if (behaviour === 'throws') throw new Error('no promise at all');
      if (behaviour === 'babbles') return Promise.resolve(undefined as never);
      return new Promise((resolve, reject) => {
        const cancel =
          behaviour === 'hangs' || behaviour === 'deaf'
            ? () => {}
            : clock.after(takesMs, () => {
                call.endedMs = clock.bootMs();
                isFree();
                if (behaviour === 'fails') reject(new Error('no disk'));
                else if (behaviour === 'boasts') resolve({ handled: true, result: 'x'.repeat(100_000) });
                else resolve({ handled: behaviour === 'handles', result: name });
              });
        signal.addEventListener('abort', () => {
          if (call.endedMs === undefined) call.cutMs = clock.bootMs();
          cancel();
          const settle = () => {
            if (call.endedMs === undefined && call.freeMs === undefined) isFree();
            reject(new Error('cancelled'));
          };
          // A deaf one is ended after a while, or as soon as what it makes way for cannot wait longer.
          if (behaviour === 'deaf') {
            const { way } = signal.reason as Leaving;
            const onWay = () => void clock.after((way.reason as WayReason).graceMs, settle);
            clock.after(DEAF_MS, settle);
            way.addEventListener('abort', onWay, { once: true });
            if (way.aborted) onWay();
          } else settle();
        });
      });
    },
  };
}
