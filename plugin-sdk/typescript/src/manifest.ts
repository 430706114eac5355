import { basename } from 'node:path';
import type { Plugin } from './plugin.ts';
import { schemaOf } from './settings.ts';

const CAPABILITIES = {
  checkIdle: 'check_idle',
  handleEvent: 'handle_event',
  beforeSnooze: 'before_snooze',
  afterResume: 'after_resume',
  configure: 'configure',
  healthCheck: 'health_check',
  diagnose: 'diagnose',
  runCommand: 'run_command',
} as const;

/** Node sets aside far more memory than it uses: with less than 600 MB it does not even start. */
const NODE_MEMORY_MB = 1024;

/** The plugin.json that goes beside a module, which the daemon loads (`native`) or starts (`external`). */
export function manifestOf<Config>(plugin: Plugin<Config>, type: 'native' | 'external', file: string): object {
  const parts = Object.keys(CAPABILITIES) as (keyof typeof CAPABILITIES)[];
  const how =
    type === 'native'
      ? { module: basename(file) }
      : { exec: { command: 'node', args: [basename(file)] }, resources: { memory_mb: NODE_MEMORY_MB } };
  return {
    name: plugin.name,
    version: plugin.version,
    description: plugin.description,
    type,
    language: 'typescript',
    ...how,
    capabilities: parts.filter((part) => plugin[part]).map((part) => CAPABILITIES[part]),
    ...(plugin.events && { events: plugin.events }),
    config_schema: schemaOf(plugin.settings ?? {}),
    ...plugin.manifest,
  };
}
