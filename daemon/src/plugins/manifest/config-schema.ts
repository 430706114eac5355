import { isPlainObject } from '../../config/difference.ts';
import { createValidator, type Schema } from '../../config/validator.ts';
import { messageOf, SnoozeError } from '../../errors.ts';
import type { Manifest } from './manifest.ts';

/** JSON Schema's names for the types that the short form may use. */
const TYPES: Record<string, string> = {
  int: 'integer',
  float: 'number',
  bool: 'boolean',
  list: 'array',
  map: 'object',
  duration: 'string',
};

/** A comparison in the short form's `constraints`: `min=0,max=10`, `>=0`. */
const CONSTRAINTS: Record<string, string> = {
  min: 'minimum',
  max: 'maximum',
  '>=': 'minimum',
  '<=': 'maximum',
  '>': 'exclusiveMinimum',
  '<': 'exclusiveMaximum',
  minlength: 'minLength',
  maxlength: 'maxLength',
};

/**
 * The plugin's own part of its configuration, with the schema's defaults filled in. `written` is what faults quote.
 * @throws SnoozeError SNOOZE_E_PLUGIN_CONFIG with a line for each bad field; SNOOZE_E_MANIFEST_INVALID where the schema is
 * none.
 */
export function resolvePluginConfig(
  manifest: Manifest,
  instance: string,
  own: Record<string, unknown>,
  written?: Record<string, unknown>,
): Record<string, unknown> {
  const schema = schemaOf(manifest.config_schema);
  if (schema === undefined) return own;
  const config = structuredClone(own);
  let faults: ReturnType<ReturnType<typeof createValidator>>;
  try {
    faults = createValidator(schema)(config, written);
  } catch (error) {
    throw new SnoozeError(
      'SNOOZE_E_MANIFEST_INVALID',
      `${instance}: config_schema of ${manifest.name} is no JSON Schema: ${messageOf(error)}`,
      { hint: 'type in its folder: snooze plugin validate', cause: error },
    );
  }
  if (faults.length === 0) return config;
  const lines = faults.map(
    ({ path, message }) => `plugins.plugin_configs.${instance}${path === '' ? '' : `.${path}`}: ${message}`,
  );
  const missing = faults.filter(({ message }) => message === 'is missing').map(({ path }) => ` ${path}=…`);
  const isSettable = missing.length === faults.length && !missing.some((one) => one.includes('.'));
  const command = isSettable ? `configure ${instance}${missing.join('')}` : `info ${instance}`;
  throw new SnoozeError('SNOOZE_E_PLUGIN_CONFIG', lines.join('\n'), { hint: `type: snooze plugin ${command}` });
}

/** A `config_schema` as JSON Schema, whichever of its two forms it has (PROTOCOL.md). */
export function schemaOf(given: Record<string, unknown> | undefined): Schema | undefined {
  if (given === undefined) return undefined;
  const isJsonSchema =
    given['type'] === 'object' || isPlainObject(given['properties']) || '$ref' in given || 'anyOf' in given;
  if (isJsonSchema) return 'additionalProperties' in given ? given : { additionalProperties: false, ...given };
  const fields = Object.entries(given).filter(([, field]) => isPlainObject(field)) as [
    string,
    Record<string, unknown>,
  ][];
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(fields.map(([name, field]) => [name, fieldSchema(field)])),
    required: fields
      .filter(([, field]) => field['required'] === true && field['default'] === undefined)
      .map(([name]) => name),
  };
}

function fieldSchema({ type, description, default: defaultValue, constraints }: Record<string, unknown>): Schema {
  const name = typeof type === 'string' ? type : 'string';
  return {
    type: TYPES[name] ?? name,
    ...(typeof description === 'string' && { description }),
    ...(defaultValue !== undefined && { default: defaultValue }),
    ...(typeof constraints === 'string' && parseConstraints(constraints)),
  };
}

function parseConstraints(constraints: string): Schema {
  const found = constraints.matchAll(/(min|max|minlength|maxlength|>=|<=|>|<)\s*=?\s*(-?\d+(?:\.\d+)?)/gi);
  return Object.fromEntries(
    [...found].map(([, name = '', limit]) => [CONSTRAINTS[name.toLowerCase()] ?? 'minimum', Number(limit)]),
  );
}
