import { readFileSync } from 'node:fs';
import { messageOf, SnoozeError, systemCodeOf } from '../errors.ts';
import type { Config, LoadedConfig } from './config.ts';
import { isPlainObject } from './difference.ts';
import { environmentSettings, expandVariables } from './environment.ts';
import { type Document, parseDocument } from './jsonc.ts';
import { CONFIG_SCHEMA } from './schema.ts';
import { createValidator, type Fault, show } from './validator.ts';

export type LoadOptions = {
  file: string;
  /** Whether a missing file is an error. */
  fileRequired: boolean;
  environment: NodeJS.ProcessEnv;
  /** Dotted key → value of the flags. */
  flags: Readonly<Record<string, unknown>>;
};

const validate = createValidator(CONFIG_SCHEMA);

/**
 * Reads and checks the configuration: defaults < file < environment < flags.
 * @throws SnoozeError SNOOZE_E_CONFIG_INVALID with one line for each fault (place, key, expected, found), or
 * SNOOZE_E_CONFIG_UNREADABLE.
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const text = readConfigFile(options.file, options.fileRequired);
  return checkConfig(text, options);
}

/** Like `loadConfig`, for a text that is or will be the file's; undefined where there is no file. */
export function checkConfig(text: string | undefined, { file, environment, flags }: LoadOptions): LoadedConfig {
  const document = text === undefined ? undefined : parseOrThrow(text, file);
  const faults: string[] = [];
  const fromFile = expandVariables(document?.value ?? {}, environment, (path, variable) =>
    faults.push(
      `${file}:${document?.placeOf(path)}: ${path}: the environment has no ${variable}, which the value names`,
    ),
  );
  if (!isPlainObject(fromFile)) throw invalid([`${file}:1:1: expected an object, found ${show(fromFile)}`]);

  const origins: Record<string, 'file' | 'environment' | 'flag'> = {};
  const variables = new Map<string, string>();
  const config = structuredClone(fromFile);
  for (const key of leafKeys(fromFile)) origins[key] = 'file';
  for (const setting of environmentSettings(environment)) {
    if ('fault' in setting) {
      faults.push(`${setting.variable}: ${setting.fault}`);
      continue;
    }
    setAt(config, setting.key, setting.value);
    origins[setting.key] = 'environment';
    variables.set(setting.key, setting.variable);
  }
  for (const [key, value] of Object.entries(flags)) {
    setAt(config, key, value);
    origins[key] = 'flag';
  }

  const place = ({ path }: Fault) => {
    const variable = variables.get(path);
    if (variable !== undefined) return variable;
    if (origins[path] === 'flag')
      return `--${path
        .split('.')
        .map((part) => (part === 'logging' ? 'log' : part))
        .join('-')
        .replaceAll('_', '-')}`;
    return document === undefined ? path : `${file}:${document.placeOf(path)}: ${path}`;
  };
  const found = [...validate(config)];
  if (found.length === 0) found.push(...contradictions(config as Config));
  faults.push(...found.map((fault) => `${place(fault)}: ${fault.message}`));
  if (faults.length > 0) throw invalid(faults);
  delete config['$schema'];
  return { config: config as Config, file: text === undefined ? null : file, origins };
}

/** Sets a value at a dotted key, making the sections on the way. */
export function setAt(target: Record<string, unknown>, key: string, value: unknown): void {
  const [first = '', ...rest] = key.split('.');
  if (rest.length === 0) {
    target[first] = value;
    return;
  }
  const section = isPlainObject(target[first]) ? target[first] : {};
  target[first] = section;
  setAt(section, rest.join('.'), value);
}

function readConfigFile(file: string, required: boolean): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' && !required) return undefined;
    const what = systemCodeOf(error) === 'ENOENT' ? 'there is no such file' : messageOf(error);
    throw new SnoozeError('SNOOZE_E_CONFIG_UNREADABLE', `${file}: the configuration cannot be read: ${what}`, {
      hint: 'name another one with --config or SNOOZE_CONFIG',
      cause: error,
    });
  }
}

function parseOrThrow(text: string, file: string): Document {
  const parsed = parseDocument(text);
  if ('document' in parsed) return parsed.document;
  throw invalid([`${file}:${parsed.fault.place}: ${parsed.fault.message}`]);
}

/** What no single key can be blamed for. */
function contradictions(config: Config): Fault[] {
  const faults: Fault[] = [];
  if (config.action === 'exec' && config.exec_command.length === 0) {
    faults.push({ path: 'exec_command', message: 'action "exec" needs a program, found none' });
  }
  if (config.warning_minutes > config.naptime_minutes) {
    const message = `expected at most the naptime of ${config.naptime_minutes} minutes, found ${config.warning_minutes}`;
    faults.push({ path: 'warning_minutes', message });
  }
  return faults;
}

function leafKeys(value: Record<string, unknown>, prefix = ''): string[] {
  return Object.entries(value).flatMap(([name, item]) => {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    return isPlainObject(item) && Object.keys(item).length > 0 ? leafKeys(item, key) : [key];
  });
}

function invalid(faults: readonly string[]): SnoozeError {
  return new SnoozeError('SNOOZE_E_CONFIG_INVALID', faults.join('\n'));
}
