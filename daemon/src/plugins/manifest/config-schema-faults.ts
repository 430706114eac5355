import { isPlainObject } from '../../config/difference.ts';
import { createValidator, nearest, type Schema, show } from '../../config/validator.ts';
import { messageOf } from '../../errors.ts';
import type { Advised } from './advised.ts';
import { schemaOf } from './config-schema.ts';
import { KEYWORDS, unknownType, wordFaults } from './schema-words.ts';

/** What a setting of the short form may say of itself (PROTOCOL.md). */
const SHORT_WORDS = ['type', 'description', 'default', 'constraints', 'required'];

/** Whether a `config_schema` is a schema at all, in JSON Schema's words, and whether its own defaults fit it. */
export function configSchemaFaults(given: Record<string, unknown> | undefined): Advised[] {
  const schema = schemaOf(given);
  if (given === undefined || schema === undefined) return [];
  const isMap = given['properties'] !== schema['properties'];
  const words = wordFaults(schema).map((fault) => ({
    ...fault,
    path: `config_schema.${isMap ? fault.path.replace('properties.', '') : fault.path}`,
  }));
  const faults = isMap ? [...words, ...shortFormFaults(given)] : words;
  if (faults.length > 0) return faults;
  try {
    createValidator(schema)({});
  } catch (error) {
    return [{ path: 'config_schema', message: `it is no JSON Schema: ${messageOf(error)}` }];
  }
  return propertiesOf(schema).flatMap(([name, property]) =>
    defaultFaults(name, property, isMap ? `config_schema.${name}` : `config_schema.properties.${name}`),
  );
}

/** The settings of a schema by their names. */
export function propertiesOf(schema: Schema): [string, Schema][] {
  return Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
}

function defaultFaults(name: string, { default: value, ...rest }: Schema, path: string): Advised[] {
  if (value === undefined) return [];
  const wrongIn = (tried: unknown) =>
    createValidator({ properties: { [name]: rest } })({ [name]: structuredClone(tried) });
  // a number, a list or a truth that was put in quotation marks
  const meant = [unquoted(value), [value]].find((tried) => tried !== undefined && wrongIn(tried).length === 0);
  const suggestion = meant === undefined ? 'take the default out, or write one that fits' : `"default": ${show(meant)}`;
  return wrongIn(value).map(({ message }) => ({
    path,
    message: `its default does not fit it: ${message}`,
    suggestion,
  }));
}

function unquoted(value: unknown): unknown {
  try {
    return JSON.parse(String(value));
  } catch {
    return undefined;
  }
}

/** What is left out of the short form, unread, when it is made a schema. */
function shortFormFaults(given: Record<string, unknown>): Advised[] {
  return Object.entries(given).flatMap(([name, field]) => {
    const path = `config_schema.${name}`;
    if (isPlainObject(field)) return Object.keys(field).flatMap((word) => unknownShortWord(word, `${path}.${word}`));
    if (name === 'type') return typeFaults(field, path);
    if (KEYWORDS.includes(name) || name.startsWith('x-')) return [];
    const meant = nearest(name, ['type', 'properties', 'required', 'additionalProperties']);
    const message = `expected a setting, as in { "type": "string" }; found ${show(field)}`;
    return [{ path, message, suggestion: meant === undefined ? 'take it out' : `did you mean ${meant}?` }];
  });
}

function typeFaults(type: unknown, path: string): Advised[] {
  const unknown = unknownType(type, path);
  const message = `a configuration is an object, found ${show(type)}`;
  return unknown.length > 0 ? unknown : [{ path, message, suggestion: '"type": "object"' }];
}

function unknownShortWord(word: string, path: string): Advised[] {
  if (SHORT_WORDS.includes(word) || KEYWORDS.includes(word) || word.startsWith('x-')) return [];
  const meant = nearest(word, SHORT_WORDS);
  const suggestion = meant === undefined ? 'take it out' : `did you mean ${meant}?`;
  return [{ path, message: 'there is no such word for a setting, so it says nothing', suggestion }];
}
