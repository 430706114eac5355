import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import type { HandlerOutcome, SnoozeEvent } from '../../src/events/event.ts';
import type { Sample } from '../../src/monitors/monitor.ts';
import { openStore } from '../../src/store/open.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

export const DAY_MS = 86_400_000;

/** A real store in a folder of its own (or an earlier one's), on a clock that is moved by hand. */
export function openForTest(t: TestContext, given: { directory?: string; clock?: FakeClock } = {}) {
  const directory = given.directory ?? temporaryDirectory(t);
  const clock = given.clock ?? createFakeClock();
  const lines: string[] = [];
  const say = (_: object, message: string) => void lines.push(message);
  const store = openStore({ stateDirectory: directory, clock, log: { debug: say, info: say, warn: say, error: say } });
  let isOpen = true;
  const close = () => {
    if (isOpen) store.close();
    isOpen = false;
  };
  t.after(close);
  return { ...store, close, directory, clock, lines };
}

/** A second connection to a store's file, as any other program has it. */
export function openFile(t: TestContext, directory: string): DatabaseSync {
  const database = new DatabaseSync(join(directory, 'snoozed.sqlite'));
  t.after(() => database.isOpen && database.close());
  return database;
}

export function eventOf(id: string): SnoozeEvent {
  const timestamp = '2026-01-01T00:00:00.000Z';
  return { id, type: 'custom', source: 'test', timestamp, data: { a: 1 }, severity: 0, deadline: null };
}

export function outcomeOf(handler: string): HandlerOutcome {
  const endedAt = '2026-01-01T00:00:01.000Z';
  return { handler, priority: 50, status: 'handled', startedAt: null, endedAt, message: null, result: { saved: true } };
}

export function sampleOf(wallMs: number, values: Record<string, number>): Sample {
  const readings = Object.entries(values).map(([name, value]) => [name, { status: 'measured' as const, value }]);
  return { wallMs, bootMs: 0, readings: Object.fromEntries(readings), tookMs: {} };
}
