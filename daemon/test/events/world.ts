import { rfc3339 } from '../../src/clock.ts';
import { createDispatcher, type Dispatcher } from '../../src/events/dispatcher.ts';
import type { Handler, Notice } from '../../src/events/event.ts';
import type { History, Journal } from '../../src/store/store.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createMemoryJournal } from '../support/memory-journal.ts';

export const SPOT = 'cloud.spot.interrupt';
export const RESERVE_MS = 2000;

export type Behaviour = 'handles' | 'declines' | 'fails' | 'hangs' | 'throws' | 'babbles';
export type Plan = {
  name: string;
  priority: number;
  mode: 'handle' | 'observe';
  timeoutMs: number;
  takesMs: number;
  behaviour: Behaviour;
};
/** One call of a handler: when it began and, unless it was cut short before, ended. */
export type Call = {
  handler: string;
  eventId: string;
  startedMs: number;
  endedMs: number | undefined;
  cutMs: number | undefined;
};

export const plan = (given: Partial<Plan> & { name: string }): Plan => ({
  priority: 50,
  mode: 'handle',
  timeoutMs: 30_000,
  takesMs: 100,
  behaviour: 'handles',
  ...given,
});

export type WorldOptions = {
  rule?: 'all' | 'first';
  types?: Record<string, { enabled?: boolean; dispatch?: 'all' | 'first' }>;
  journal?: Journal;
  clock?: FakeClock;
  calls?: Call[];
};

/** A dispatcher over planned handlers and a journal that survives it. */
export function setUp(plans: readonly Plan[], options: WorldOptions = {}) {
  const { rule, journal = createMemoryJournal(), clock = createFakeClock(), calls = [] } = options;
  const silent = () => {};
  const warnings: string[] = [];
  const history: Parameters<History['add']>[0][] = [];
  const dispatcher: Dispatcher = createDispatcher({
    journal,
    history: { add: (entry) => void history.push(entry), list: () => [] },
    handlers: () => plans.map((one) => handlerOf(one, clock, calls)),
    config: () => ({
      enabled: true,
      spot_poll_seconds: 5,
      reserve_seconds: RESERVE_MS / 1000,
      types: { ...options.types, ...(rule && { [SPOT]: { dispatch: rule } }) },
    }),
    clock,
    log: {
      debug: silent,
      info: silent,
      warn: (_, message) => void warnings.push(message),
      error: (_, message) => void warnings.push(message),
    },
  });
  return { dispatcher, journal, clock, calls, warnings, history };
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
  journal.get(id)?.outcomes.map(({ handler, status }) => `${handler} ${status}`);

function handlerOf({ takesMs, behaviour, ...subscription }: Plan, clock: FakeClock, calls: Call[]): Handler {
  const { name } = subscription;
  return {
    ...subscription,
    handle(event, _timeoutMs, signal) {
      const call: Call = {
        handler: name,
        eventId: event.id,
        startedMs: clock.bootMs(),
        endedMs: undefined,
        cutMs: undefined,
      };
      calls.push(call);
      if (behaviour === 'throws') throw new Error('no promise at all');
      if (behaviour === 'babbles') return Promise.resolve(undefined as never);
      return new Promise((resolve, reject) => {
        const cancel =
          behaviour === 'hangs'
            ? () => {}
            : clock.after(takesMs, () => {
                call.endedMs = clock.bootMs();
                if (behaviour === 'fails') reject(new Error('no disk'));
                else resolve({ handled: behaviour === 'handles', result: name });
              });
        signal.addEventListener('abort', () => {
          if (call.endedMs === undefined) call.cutMs = clock.bootMs();
          cancel();
          reject(new Error('cancelled'));
        });
      });
    },
  };
}
