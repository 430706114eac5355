import { createValidator, type Schema } from '../config/validator.ts';
import { SnoozeError } from '../errors.ts';
import { type ControlMethod, HISTORY_KINDS } from './api.ts';

const text: Schema = { type: 'string', minLength: 1 };
const texts: Schema = { type: 'array', items: text };
const limit: Schema = { type: 'integer', minimum: 1, maximum: 100_000 };
const params = (properties: Record<string, Schema>, optional: string[] = []) =>
  createValidator({
    type: 'object',
    additionalProperties: false,
    properties,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
  });

const VALIDATORS: Record<ControlMethod, ReturnType<typeof createValidator>> = {
  version: params({}),
  status: params({}),
  metrics: params({}),
  'plugin.list': params({}),
  'plugin.info': params({ name: text }),
  'plugin.install.begin': params({ source: text, signature: text }, ['signature']),
  'plugin.install.chunk': params({ upload: text, base64: text }),
  'plugin.install.inspect': params({ upload: text }),
  'plugin.install.cancel': params({ upload: text }),
  'plugin.install.finish': params(
    { upload: text, approved: { type: 'object' }, update: { enum: ['update', 'update-all'] } },
    ['approved', 'update'],
  ),
  'plugin.installed': params({}),
  'plugin.rollback': params({ name: text }),
  'plugin.uninstall': params({ name: text, purge: { type: 'boolean' } }, ['purge']),
  'plugin.enable': params({ name: text }),
  'plugin.configure': params({
    name: text,
    settings: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['key', 'text'],
        properties: { key: text, text: { type: ['string', 'null'] } },
      },
    },
  }),
  'plugin.disable': params({ name: text }),
  'plugin.restart': params({ name: text }),
  'plugin.details': params({ name: text }),
  'plugin.logs': params({
    name: text,
    after: { type: 'integer', minimum: 0 },
    limit,
    wait_seconds: { type: 'number', minimum: 0, maximum: 60 },
  }),
  'plugin.slowlog': params({ limit, threshold_ms: { type: 'number', minimum: 0 }, reset: { type: 'boolean' } }, [
    'threshold_ms',
    'reset',
  ]),
  'plugin.diagnose': params({ name: text, categories: texts }),
  'plugin.run': params({ name: text, command: text, args: { type: 'array', items: { type: 'string' } } }),
  'events.list': params({ limit, before: text, ids: texts }, ['before', 'ids']),
  'events.show': params({ id: text }),
  'events.send': params(
    {
      id: text,
      type: text,
      data: { type: 'object' },
      severity: { type: 'integer', minimum: 0, maximum: 3 },
      deadline_seconds: { type: 'number', exclusiveMinimum: 0 },
    },
    ['id', 'severity', 'deadline_seconds'],
  ),
  'events.cancel': params({ id: text, reason: text }),
  'events.ack': params({ id: text }),
  'events.rehearse': params({ kind: text, in_seconds: { type: 'number', exclusiveMinimum: 0, maximum: 3600 } }),
  'events.handlers': params({ type: text }, ['type']),
  'history.list': params({ limit, kind: { enum: HISTORY_KINDS }, before: { type: 'integer' } }, ['kind', 'before']),
  'config.show': params({}),
  'config.get': params({ key: text }),
  'config.set': params({ key: text, value: {} }, ['value']),
  'config.reload': params({}),
};

/**
 * Checks what came in from the socket.
 * @throws SnoozeError SNOOZE_E_USAGE naming method, parameter, expected and found.
 */
export function checkParams(method: ControlMethod, given: unknown): void {
  const [fault] = VALIDATORS[method](given);
  if (fault === undefined) return;
  throw new SnoozeError('SNOOZE_E_USAGE', `${method}: ${fault.path === '' ? '' : `${fault.path}: `}${fault.message}`);
}
