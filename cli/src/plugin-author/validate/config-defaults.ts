import { createValidator, type Schema } from '@cloudsnooze/daemon/config/validator';
import { messageOf } from '@cloudsnooze/daemon/errors';
import { schemaOf } from '@cloudsnooze/daemon/plugins/manifest/config-schema';
import type { Manifest } from '@cloudsnooze/daemon/plugins/manifest/manifest';
import { wordFaults } from './config-schema.ts';
import { atKey, type Finding } from './finding.ts';

/** Whether the `config_schema` is a schema at all, in JSON Schema's words, and whether its own defaults fit it. */
export function configSchemaFaults({ config_schema: given }: Manifest, placeOf: (path: string) => string): Finding[] {
  const schema = schemaOf(given);
  const fault = (path: string, message: string) => atKey('fault', path, { message, placeOf });
  if (schema === undefined) return [];
  const isMap = given?.['properties'] !== schema['properties'];
  const words = wordFaults(schema).map(({ kind, path, message, suggestion }) =>
    atKey(kind, `config_schema.${isMap ? path.replace('properties.', '') : path}`, {
      message,
      placeOf,
      ...(suggestion !== undefined && { suggestion }),
    }),
  );
  if (words.some(({ kind }) => kind === 'fault')) return words;
  try {
    createValidator(schema)({});
  } catch (error) {
    return [fault('config_schema', `it is no JSON Schema: ${messageOf(error)}`)];
  }
  const defaults = propertiesOf(schema).flatMap(([name, property]) => {
    const path = isMap ? `config_schema.${name}` : `config_schema.properties.${name}`;
    const { default: value, ...rest } = property;
    const wrong =
      value === undefined ? [] : createValidator({ properties: { [name]: rest } })({ [name]: structuredClone(value) });
    return wrong.map(({ message }) => fault(path, `its default does not fit it: ${message}`));
  });
  return [...words, ...defaults];
}

/** The settings of a schema by their names. */
export function propertiesOf(schema: Schema): [string, Schema][] {
  return Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
}
