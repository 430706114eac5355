import { isPlainObject } from './difference.ts';
import { CONFIG_SCHEMA } from './schema.ts';
import { nearest, type Schema } from './validator.ts';

/** Names that begin like config keys and are none. */
const OTHER_VARIABLES = ['SNOOZE_CONFIG', 'SNOOZE_STATE_DIR', 'SNOOZE_SOCKET', 'SNOOZE_PLUGIN_PATH', 'SNOOZE_PLUGIN'];
const PREFIX = 'SNOOZE_';

/** A config key that the environment sets, or a variable that sets nothing. */
export type EnvironmentSetting =
  | { variable: string; key: string; value: unknown }
  | { variable: string; fault: string };

/**
 * Reads `SNOOZE_NAPTIME_MINUTES=5` and, for keys inside a section, `SNOOZE_LOGGING__LEVEL=debug`. A value is JSON
 * where it can be, else text.
 */
export function environmentSettings(environment: NodeJS.ProcessEnv): EnvironmentSetting[] {
  const known = knownKeys(CONFIG_SCHEMA);
  return Object.entries(environment).flatMap(([variable, text]): EnvironmentSetting[] => {
    if (!variable.startsWith(PREFIX) || OTHER_VARIABLES.includes(variable) || variable.startsWith('SNOOZE_TEST_'))
      return [];
    const key = known.find((candidate) => variableFor(candidate) === variable);
    if (key !== undefined) return [{ variable, key, value: parseValue(text ?? '') }];
    const meant = nearest(variable, [...known.map(variableFor), ...OTHER_VARIABLES]);
    return [{ variable, fault: meant === undefined ? 'no such setting' : `no such setting, did you mean ${meant}?` }];
  });
}

/** JSON where it can be, else text: how a value is typed in an environment or on a command line. */
export function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // a bare word is text
  }
}

/** Replaces `${VAR}` in every string by the environment's value; `$${` stands for a plain `${`. */
export function expandVariables(
  value: unknown,
  environment: NodeJS.ProcessEnv,
  onUnset: (path: string, variable: string) => void,
  path = '',
): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(
      /\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g,
      (_, escaped: string | undefined, name: string) => {
        if (escaped !== undefined) return escaped;
        const found = environment[name];
        if (found === undefined) onUnset(path, name);
        return found ?? '';
      },
    );
  }
  const below = (key: string | number) => (path === '' ? String(key) : `${path}.${key}`);
  if (Array.isArray(value))
    return value.map((item, index) => expandVariables(item, environment, onUnset, below(index)));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, expandVariables(item, environment, onUnset, below(key))]),
  );
}

/** Every dotted key that the schema names. */
export function knownKeys(schema: Schema, prefix = ''): string[] {
  const properties = isPlainObject(schema['properties']) ? schema['properties'] : {};
  return Object.entries(properties).flatMap(([name, property]) => {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    return name === '$schema' ? [] : [key, ...(isPlainObject(property) ? knownKeys(property, key) : [])];
  });
}

function variableFor(key: string): string {
  return PREFIX + key.replaceAll('.', '__').toUpperCase();
}
