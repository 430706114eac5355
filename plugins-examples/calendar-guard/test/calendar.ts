import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { initialize, QUIET_METRICS } from '../../test-support/host.ts';
import { type Talk, talk } from '../../test-support/talk.ts';

export const directory = new URL('..', import.meta.url).pathname;

/** A calendar of events, each given by its lines. */
export function ics(...events: string[][]): string {
  const lines = events.flatMap((event, i) => [
    'BEGIN:VEVENT',
    ...(event.some((line) => line.startsWith('UID')) ? [] : [`UID:${i}`]),
    ...event,
    'END:VEVENT',
  ]);
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n');
}

/** The plugin with that calendar. */
export async function guard(test: TestContext, calendar: string | Buffer, config: object = {}): Promise<Talk> {
  const plugin = talk(directory, { test });
  const { error } = await initialize(plugin, { calendar: fileOf(test, calendar), lead_minutes: 0, ...config });
  assert.equal(error, undefined);
  return plugin;
}

/** Gives it another calendar, by a change of its configuration. */
export async function give(test: TestContext, plugin: Talk, calendar: string): Promise<void> {
  const config = { calendar: fileOf(test, calendar), lead_minutes: 0 };
  assert.equal((await plugin.request('Configure', { config })).error, undefined);
}

function fileOf(test: TestContext, calendar: string | Buffer): string {
  const path = join(temporaryDirectory(test), 'team.ics');
  writeFileSync(path, calendar);
  return path;
}

/** Asks as if it were that time. */
export function ask(plugin: Talk, time: string) {
  const context = { check_interval_seconds: 60, naptime_seconds: 1800, state: 'active', deadline_ms: 5000 };
  return plugin.request('CheckIdle', { metrics: { ...QUIET_METRICS, timestamp: Date.parse(time) / 1000 }, context });
}

/** Busy at these times and idle at those. */
export async function assertTimes(plugin: Talk, busy: string[], idle: string[]): Promise<void> {
  for (const time of [...busy, ...idle]) {
    const { result, error } = await ask(plugin, time);
    assert.equal(error, undefined);
    assert.equal(result?.['is_idle'], idle.includes(time), `${time}: ${JSON.stringify(result)}`);
  }
}
