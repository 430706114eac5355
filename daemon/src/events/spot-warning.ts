import type { EventsConfig } from '../config/config.ts';
import type { Handler } from './event.ts';
import { withSettings } from './plan.ts';

const SPOT = 'cloud.spot.interrupt';

/** What is wrong with how a spot host is prepared for its end; null where nothing is. */
export function spotWarning(
  isSpot: boolean,
  events: EventsConfig,
  handlers: (type: string) => Handler[],
): string | null {
  if (!isSpot) return null;
  const settings = events.types[SPOT];
  if (!events.enabled || settings?.enabled === false)
    return 'this is a spot host, and its interruption is not told to anybody: it is turned off';
  if (withSettings(handlers(SPOT), settings?.handlers).length > 0) return null;
  return 'this is a spot host, and no plugin handles its interruption: nothing will save its work';
}
