import { nearest, type Schema, show } from '../../config/validator.ts';
import type { Advised } from './advised.ts';

const TYPES = ['string', 'integer', 'number', 'boolean', 'array', 'object', 'null'];

/** What other languages call them. */
const MEANT: Record<string, string> = {
  int: 'integer',
  long: 'integer',
  float: 'number',
  double: 'number',
  bool: 'boolean',
  str: 'string',
  text: 'string',
  list: 'array',
  dict: 'object',
  map: 'object',
};

/** The words of JSON Schema that a plugin's configuration is checked by; any other says nothing, and nobody notices. */
export const KEYWORDS: readonly string[] = (
  'type enum const title description default examples deprecated readOnly writeOnly format nullable minimum maximum ' +
  'exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern items additionalItems contains minItems ' +
  'maxItems uniqueItems properties patternProperties additionalProperties propertyNames required dependencies ' +
  'minProperties maxProperties allOf anyOf oneOf not if then else definitions $defs $ref $id $schema $comment'
).split(' ');

/** Where schemas stand in a schema: by names, as themselves, in lists. */
const MAPS = ['properties', 'patternProperties', 'definitions', '$defs'];
const SCHEMAS = ['additionalProperties', 'items', 'contains', 'propertyNames'];
const FORMS = ['not', 'if', 'then', 'else'];
const LISTS = ['allOf', 'anyOf', 'oneOf', 'items'];

/** Types and words that JSON Schema does not have, and required settings that there are none of; paths from the schema's own place. */
export function wordFaults(schema: Schema, path = '', isForm = false): Advised[] {
  const at = (key: string) => (path === '' ? key : `${path}.${key}`);
  const properties = schemasIn(schema['properties']);
  const below = [
    ...MAPS.flatMap((key) => within(schemasIn(schema[key]), at(key))),
    ...SCHEMAS.flatMap((key) => within(schemasIn({ [key]: schema[key] }), path)),
    ...FORMS.flatMap((key) => within(schemasIn({ [key]: schema[key] }), path, true)),
    ...LISTS.flatMap((key) => (Array.isArray(schema[key]) ? within(schemasIn(schema[key]), at(key), true) : [])),
  ];
  // what one of several forms requires may be a setting of all of them
  const required =
    'properties' in schema && !isForm && Array.isArray(schema['required']) ? schema['required'].map(String) : [];
  return [
    ...unknownWords(schema, at),
    ...[schema['type'] ?? []].flat().flatMap((type) => unknownType(type, at('type'))),
    ...required.flatMap((name) => (name in properties ? [] : [unknownName(name, Object.keys(properties), at)])),
    ...below,
  ];
}

function unknownWords(schema: Schema, at: (key: string) => string): Advised[] {
  return Object.keys(schema).flatMap((word) => {
    if (KEYWORDS.includes(word) || word.startsWith('x-')) return [];
    const meant = nearest(word, KEYWORDS);
    const suggestion = meant === undefined ? 'take it out' : `did you mean ${meant}?`;
    return [{ path: at(word), message: 'JSON Schema has no such word, so it says nothing', suggestion }];
  });
}

/** Where a schema is not of the one form or the other, its type may say what was meant. */
export function unknownType(type: unknown, path: string): Advised[] {
  if (TYPES.includes(String(type))) return [];
  const meant = MEANT[String(type).toLowerCase()] ?? nearest(String(type), TYPES);
  const message = `expected one of ${TYPES.join(', ')}; found ${show(type)}`;
  return [{ path, message, ...(meant !== undefined && { suggestion: `did you mean ${meant}?` }) }];
}

function unknownName(name: string, names: string[], at: (key: string) => string): Advised {
  const meant = nearest(name, names);
  const message = `${name} is required, and there is no such setting`;
  return {
    path: at('required'),
    message,
    ...(meant !== undefined && { suggestion: `did you mean ${meant}?` }),
  };
}

function within(schemas: Record<string, Schema>, path: string, areForms = false): Advised[] {
  return Object.entries(schemas).flatMap(([name, inner]) =>
    wordFaults(inner, path === '' ? name : `${path}.${name}`, areForms),
  );
}

function schemasIn(value: unknown): Record<string, Schema> {
  const found = Object.entries(typeof value === 'object' && value !== null ? value : {});
  return Object.fromEntries(
    found.filter(([, inner]) => typeof inner === 'object' && inner !== null && !Array.isArray(inner)),
  ) as Record<string, Schema>;
}
