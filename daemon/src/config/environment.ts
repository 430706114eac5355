import { isPlainObject } from './difference.ts';
import { CONFIG_SCHEMA } from './schema.ts';
import { nearest, type Schema, show } from './validator.ts';

/** Names that begin like config keys and are none. */
const OTHER_VARIABLES = ['SNOOZE_CONFIG', 'SNOOZE_STATE_DIR', 'SNOOZE_SOCKET', 'SNOOZE_PLUGIN_PATH', 'SNOOZE_PLUGIN'];
const PREFIX = 'SNOOZE_';

/** A config key that the environment sets, or a variable that sets nothing. */
export type EnvironmentSetting =
  | { variable: string; key: string; value: unknown }
  | { variable: string; fault: string };

/**
 * Reads `SNOOZE_NAPTIME_MINUTES=5` and, for keys inside a section, `SNOOZE_LOGGING__LEVEL=debug`. A value is JSON
 * where it can be, else text; for a key that is text in any case, it is text.
 */
export function environmentSettings(environment: NodeJS.ProcessEnv): EnvironmentSetting[] {
  const settable = settings(CONFIG_SCHEMA).filter(({ schema }) => !('properties' in schema));
  return Object.entries(environment).flatMap(([variable, text = '']): EnvironmentSetting[] => {
    if (!variable.startsWith(PREFIX) || OTHER_VARIABLES.includes(variable) || variable.startsWith('SNOOZE_TEST_'))
      return [];
    const setting = settable.find(({ key }) => variableFor(key) === variable);
    if (setting !== undefined) return [fromVariable(variable, setting, text)];
    return [
      {
        variable,
        fault: `no such setting${suggestion(
          variable,
          settable.map(({ key }) => variableFor(key)),
        )}`,
      },
    ];
  });
}

/** Replaces `${VAR}` in every string by the environment's value; `$${` stands for a plain `${`. */
export function expandVariables(
  value: unknown,
  environment: NodeJS.ProcessEnv,
  onFault: (path: string, message: string) => void,
  path = '',
): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(/\$(\$\{)|\$\{([^}]*)\}?/g, (whole, escaped: string | undefined, name: string) => {
      if (escaped !== undefined) return escaped;
      const isName = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && whole.endsWith('}');
      const found = isName ? environment[name] : undefined;
      if (!isName) onFault(path, `expected a variable as \${NAME}, or $\${ for a plain \${, found ${show(whole)}`);
      else if (found === undefined) onFault(path, `the environment has no ${name}, which the value names`);
      return found ?? '';
    });
  }
  const below = (key: string | number) => (path === '' ? String(key) : `${path}.${key}`);
  if (Array.isArray(value))
    return value.map((item, index) => expandVariables(item, environment, onFault, below(index)));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, expandVariables(item, environment, onFault, below(key))]),
  );
}

/** Every dotted key that the schema names. */
export function knownKeys(schema: Schema): string[] {
  return settings(schema).map(({ key }) => key);
}

type Setting = { key: string; schema: Schema };

function settings(schema: Schema, prefix = ''): Setting[] {
  const properties = isPlainObject(schema['properties']) ? schema['properties'] : {};
  return Object.entries(properties).flatMap(([name, property]) => {
    if (name === '$schema' || !isPlainObject(property)) return [];
    const key = prefix === '' ? name : `${prefix}.${name}`;
    return [{ key, schema: property }, ...settings(property, key)];
  });
}

function suggestion(variable: string, settable: readonly string[]): string {
  const inside = settable.find((name) => name.startsWith(`${variable}__`));
  if (inside !== undefined) return `; the keys of a section are set one by one, such as ${inside}`;
  // Without what all of them begin with, which would make any two look alike.
  const names = [...settable, ...OTHER_VARIABLES].map((name) => name.slice(PREFIX.length));
  const meant = nearest(variable.slice(PREFIX.length), names);
  return meant === undefined ? '' : `, did you mean ${PREFIX}${meant}?`;
}

function fromVariable(variable: string, { key, schema }: Setting, text: string): EnvironmentSetting {
  const type = schema['type'];
  try {
    const value: unknown = JSON.parse(text);
    return { variable, key, value: type === 'string' && typeof value !== 'string' ? text : value };
  } catch {
    // A section may hold passwords: what is wrong with it is said without showing it.
    if (type === 'object' || type === 'array')
      return { variable, fault: 'expected JSON, as it would stand in the file' };
    return { variable, key, value: text }; // a bare word is text
  }
}

function variableFor(key: string): string {
  return PREFIX + key.replaceAll('.', '__').toUpperCase();
}
