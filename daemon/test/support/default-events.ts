import type { EventsConfig } from '../../src/config/config.ts';
import { EVENTS_SCHEMA } from '../../src/config/events-schema.ts';
import { createValidator } from '../../src/config/validator.ts';

/** The configuration of events as it is where nothing is configured. */
export function defaultEvents(change: Partial<EventsConfig> = {}): EventsConfig {
  const config = {};
  createValidator(EVENTS_SCHEMA)(config);
  return { ...(config as EventsConfig), ...change };
}
