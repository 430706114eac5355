import type { EventsConfig } from '../config/config.ts';
import type { Handler } from './event.ts';
import { withSettings } from './plan.ts';

const SPOT = 'cloud.spot.interrupt';

/** The plugins that there are, and what they subscribed to. */
export type Subscribers = {
  handlers(type: string): Handler[];
  list(): readonly { instance: string; state: string }[];
};

/** What is wrong with how a spot host is prepared for its end; null where nothing is. */
export function spotWarning(isSpot: boolean, events: EventsConfig, plugins: Subscribers): string | null {
  if (!isSpot) return null;
  const settings = events.types[SPOT];
  if (!events.enabled || settings?.enabled === false)
    return 'this is a spot host, and its interruption is not told to anybody: it is turned off';
  const failed = new Set(plugins.list().flatMap(({ instance, state }) => (state === 'failed' ? [instance] : [])));
  const called = withSettings(plugins.handlers(SPOT), settings?.handlers);
  if (called.some(({ name, mode }) => mode === 'handle' && !failed.has(name))) return null;
  const why = [
    ...called.filter(({ name }) => failed.has(name)).map(({ name }) => `${name} has failed`),
    ...called.filter(({ name }) => !failed.has(name)).map(({ name }) => `${name} only observes it`),
  ].join(', ');
  const who = `no plugin handles its interruption${why === '' ? '' : ` (${why})`}`;
  return `this is a spot host, and ${who}: nothing will save its work`;
}
