import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { asWritten } from './shown.ts';

/** One thing that is wrong with a value: where (dotted path, empty for the whole), and what in plain words. */
export type Fault = { path: string; message: string };

export type Schema = Record<string, unknown>;

let ajv: Ajv | undefined;

/**
 * Fills in the schema's defaults and returns what is wrong, worst first, or nothing. Messages quote `written`, the
 * same value as a person has written it, where there is one.
 */
export type Validator = (value: unknown, written?: unknown) => Fault[];

/**
 * Compiles a JSON Schema when it is first used.
 * @throws the schema's own error, at the first use, when it is no JSON Schema.
 */
export function createValidator(schema: Schema): Validator {
  let validate: ValidateFunction | undefined;
  return (value, written) => {
    // Without the schema of schemas and without optimizing the generated code the daemon is 8 MiB smaller.
    ajv ??= new Ajv({
      allErrors: true,
      useDefaults: true,
      strict: false,
      strictNumbers: true, // or 1e999, which is infinite, would be a number
      verbose: true,
      meta: false,
      validateSchema: false,
      code: { optimize: false },
    });
    validate ??= ajv.compile(schema);
    if (validate(value)) return [];
    return describe(
      (validate.errors ?? []).map((error) => ({ ...error, data: asWritten(error.data, at(written, error)) })),
    );
  };
}

/** The known word that was most likely meant, or undefined where none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.ceil(word.length / 3));
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return best?.candidate;
}

/** A value as it is shown in a message: JSON, cut where it is long. */
export function show(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** One fault per place: under an `anyOf` each branch complains, and one sentence is enough. */
function describe(errors: readonly ErrorObject[]): Fault[] {
  const blamed = errors.filter(({ keyword }) => keyword !== 'if' && keyword !== 'propertyNames');
  return [...Map.groupBy(blamed, pathOf)].map(([path, atPlace]) => ({ path, message: messageForPlace(atPlace) }));
}

/** Where each branch of an `anyOf` wants another type, all of them are named. */
function messageForPlace(errors: readonly ErrorObject[]): string {
  const [first] = errors;
  if (first === undefined) return 'is not valid';
  const isChoice = errors.some(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf');
  if (!isChoice || first.keyword !== 'type') return messageFor(first);
  const types = errors.filter(({ keyword }) => keyword === 'type').map(({ params }) => params['type']);
  return messageFor({ ...first, params: { type: types.flat() } });
}

/** The value that an error is about. */
function at(value: unknown, { instancePath, propertyName }: ErrorObject): unknown {
  if (propertyName !== undefined) return undefined;
  return stepsOf(instancePath).reduce<unknown>(
    (found, step) =>
      typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[step] : undefined,
    value,
  );
}

function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function pathOf({ instancePath, keyword, params, propertyName }: ErrorObject): string {
  const parts = stepsOf(instancePath);
  if (propertyName !== undefined) parts.push(propertyName);
  if (keyword === 'additionalProperties') parts.push(String(params['additionalProperty']));
  if (keyword === 'required') parts.push(String(params['missingProperty']));
  return parts.join('.');
}

function messageFor({ keyword, params, data, parentSchema, message }: ErrorObject): string {
  switch (keyword) {
    case 'additionalProperties':
      return unknownKey(String(params['additionalProperty']), Object.keys(parentSchema?.['properties'] ?? {}));
    case 'required':
      return 'is missing';
    case 'type':
      return `expected ${typeName(params['type'])}, found ${show(data)}`;
    case 'enum':
      return `expected one of ${(params['allowedValues'] as unknown[]).map(show).join(', ')}, found ${show(data)}`;
    case 'const':
      return `expected ${show(params['allowedValue'])}, found ${show(data)}`;
    case 'minimum':
    case 'exclusiveMinimum':
    case 'maximum':
    case 'exclusiveMaximum':
      return `expected a number ${comparison(String(params['comparison']))} ${String(params['limit'])}, found ${show(data)}`;
    case 'pattern':
      return `expected ${String(parentSchema?.['description'] ?? `text of the form ${String(params['pattern'])}`)}, found ${show(data)}`;
    case 'minLength':
    case 'maxLength':
      return `expected ${bound(keyword)} ${count(params['limit'], 'character')}, found ${show(data)}`;
    case 'minItems':
    case 'maxItems':
      return `expected ${bound(keyword)} ${count(params['limit'], 'entry', 'entries')}, found ${show(data)}`;
    case 'multipleOf':
      return `expected a multiple of ${String(params['multipleOf'])}, found ${show(data)}`;
    case 'uniqueItems':
      return `expected no entry twice, found ${show(data)}`;
    default:
      return `${message ?? keyword}, found ${show(data)}`;
  }
}

function unknownKey(found: string, known: readonly string[]): string {
  const meant = nearest(found, known);
  if (meant !== undefined) return `unknown key, did you mean ${meant}?`;
  const areFew = known.length > 0 && known.length <= 6;
  return areFew ? `unknown key, expected ${known.join(', ')}` : 'unknown key';
}

function typeName(type: unknown): string {
  const names: Record<string, string> = {
    integer: 'a whole number',
    number: 'a number',
    string: 'text',
    boolean: 'true or false',
    array: 'a list',
    object: 'an object',
    null: 'null',
  };
  return [type]
    .flat()
    .join(',')
    .split(',')
    .map((name) => names[name] ?? name)
    .join(' or ');
}

function bound(keyword: string): string {
  return keyword.startsWith('min') ? 'at least' : 'at most';
}

function count(amount: unknown, one: string, many = `${one}s`): string {
  return `${String(amount)} ${amount === 1 ? one : many}`;
}

function comparison(operator: string): string {
  return { '>=': 'of at least', '>': 'over', '<=': 'of at most', '<': 'under' }[operator] ?? operator;
}

/** Levenshtein's distance: how many letters must be added, removed or changed. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
