import { nearest, type Schema, show } from '@cloudsnooze/daemon/config/validator';

/** What is wrong with the words of a schema, or to be asked about them; `path` is where, from the schema's own place. */
export type WordFault = { kind: 'fault' | 'question'; path: string; message: string; suggestion?: string };

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

/** JSON Schema's words; one that is not among them says nothing, and nobody notices. */
const KEYWORDS = (
  'type enum const title description default examples deprecated readOnly writeOnly format minimum maximum ' +
  'exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern items additionalItems contains minItems ' +
  'maxItems uniqueItems properties patternProperties additionalProperties propertyNames required dependencies ' +
  'minProperties maxProperties allOf anyOf oneOf not if then else definitions $ref $id $schema $comment'
).split(' ');

/** Types and words that JSON Schema does not have, and required settings that there are none of. */
export function wordFaults(schema: Schema, path = ''): WordFault[] {
  const at = (key: string) => (path === '' ? key : `${path}.${key}`);
  const properties = schemasIn(schema['properties']);
  const below = [
    ...Object.entries(properties).flatMap(([name, inner]) => wordFaults(inner, at(`properties.${name}`))),
    ...Object.values(schemasIn({ items: schema['items'] })).flatMap((inner) => wordFaults(inner, at('items'))),
  ];
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : [];
  return [
    ...unknownWords(schema, at),
    ...[schema['type'] ?? []].flat().flatMap((type) => unknownType(type, at('type'))),
    ...required.flatMap((name) => (name in properties ? [] : [unknownName(name, Object.keys(properties), at)])),
    ...below,
  ];
}

function unknownWords(schema: Schema, at: (key: string) => string): WordFault[] {
  return Object.keys(schema).flatMap((word) => {
    if (KEYWORDS.includes(word) || word.startsWith('x-')) return [];
    const meant = nearest(word, KEYWORDS);
    const message = 'what does it say? JSON Schema has no such word';
    return [
      {
        kind: 'question',
        path: at(word),
        message,
        ...(meant !== undefined && { suggestion: `did you mean ${meant}?` }),
      },
    ];
  });
}

function unknownType(type: unknown, path: string): WordFault[] {
  if (TYPES.includes(String(type))) return [];
  const meant = MEANT[String(type).toLowerCase()] ?? nearest(String(type), TYPES);
  const message = `expected one of ${TYPES.join(', ')}; found ${show(type)}`;
  return [{ kind: 'fault', path, message, ...(meant !== undefined && { suggestion: `did you mean ${meant}?` }) }];
}

function unknownName(name: string, names: string[], at: (key: string) => string): WordFault {
  const meant = nearest(name, names);
  const message = `${name} is required, and there is no such setting`;
  return {
    kind: 'fault',
    path: at('required'),
    message,
    ...(meant !== undefined && { suggestion: `did you mean ${meant}?` }),
  };
}

function schemasIn(value: unknown): Record<string, Schema> {
  const found = Object.entries(typeof value === 'object' && value !== null ? value : {});
  return Object.fromEntries(found.filter(([, inner]) => typeof inner === 'object' && inner !== null)) as Record<
    string,
    Schema
  >;
}
