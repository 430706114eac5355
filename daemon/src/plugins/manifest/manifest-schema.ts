import type { Schema } from '../../config/validator.ts';

const text: Schema = { type: 'string', minLength: 1 };
const texts: Schema = { type: 'array', items: text };
const seconds: Schema = { type: 'number', exclusiveMinimum: 0 };
const closed = (properties: Schema, required: string[] = []): Schema => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
});
const program = closed({ command: text, args: { type: 'array', items: { type: 'string' } } }, ['command']);

/** What a plugin can say that it does: the methods of PROTOCOL.md that it may leave out. */
const CAPABILITIES = [
  'check_idle',
  'handle_event',
  'configure',
  'before_snooze',
  'after_resume',
  'health_check',
  'diagnose',
  'run_command',
];

/** The name of a plugin, which is also the name of its folder. */
export const PLUGIN_NAME_PATTERN = '^[a-z][a-z0-9-]{0,63}$';

/** The JSON Schema of `plugin.json` (PROTOCOL.md, "The manifest"). */
export const MANIFEST_SCHEMA: Schema = closed(
  {
    $schema: text,
    name: {
      type: 'string',
      pattern: PLUGIN_NAME_PATTERN,
      description: 'lower-case letters, digits and hyphens, beginning with a letter, at most 64',
    },
    display_name: text,
    version: text,
    author: { type: 'string' },
    description: { type: 'string' },
    category: text,
    tags: texts,
    repository: { type: 'string' },
    homepage: { type: 'string' },
    license: text,
    min_host_version: text,
    type: { enum: ['native', 'external'] },
    language: text,
    process_model: { enum: ['persistent', 'oneshot', 'exec'] },
    exec: program,
    module: text,
    isolation: { enum: ['worker'] },
    build: program,
    framing: { enum: ['lines', 'headers'] },
    concurrent: { type: 'boolean' },
    capabilities: {
      type: 'array',
      items: { enum: CAPABILITIES },
    },
    events: {
      type: 'object',
      propertyNames: {
        pattern: '^(cloud|system|custom)(\\.[a-z0-9_-]+)*$',
        description: 'an event type: cloud.…, system.…, custom or custom.<name>',
      },
      additionalProperties: closed({ priority: { type: 'integer' }, mode: { enum: ['handle', 'observe'] } }),
    },
    config_schema: { type: 'object' },
    dependencies: { type: 'array', items: closed({ name: text, version: text }, ['name', 'version']) },
    permissions: closed({ network: texts, read: texts, write: texts, env: texts, host: texts }),
    resources: closed({ memory_mb: seconds, cpu_percent: seconds, processes: { type: 'integer', minimum: 1 } }),
    timeouts: closed({ check_seconds: seconds, event_seconds: seconds, start_seconds: seconds }),
    health_interval_seconds: seconds,
  },
  ['name', 'version', 'type'],
);
