import type { Config } from '../../src/config/config.ts';
import { checkConfig } from '../../src/config/load.ts';

/** The default configuration with these values in it. */
export function configWith(values: Partial<Config>): Config {
  const file = 'snooze.json';
  return checkConfig(JSON.stringify(values), { file, fileRequired: false, environment: {}, flags: {} }).config;
}
