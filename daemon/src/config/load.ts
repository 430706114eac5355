import { readFileSync } from 'node:fs';
import { messageOf, SnoozeError, systemCodeOf } from '../errors.ts';
import type { Config, LoadedConfig } from './config.ts';
import { isPlainObject } from './difference.ts';
import { environmentSettings, expandVariables } from './environment.ts';
import { type Document, parseDocument } from './jsonc.ts';
import { typeKey, valueAt } from './keys.ts';
import { CONFIG_SCHEMA } from './schema.ts';
import { asWritten, withEachText, withoutSecret } from './shown.ts';
import { createSources, flagFor, setAt } from './sources.ts';
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
const TOKEN_KEY = 'events.sources.webhook.token';

/**
 * Reads and checks the configuration: defaults < file < environment < flags.
 * @throws SnoozeError SNOOZE_E_CONFIG_INVALID with one line for each fault (place, key, expected, found),
 * SNOOZE_E_USAGE where only flags are wrong, or SNOOZE_E_CONFIG_UNREADABLE.
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const text = readConfigFile(options.file, options.fileRequired);
  return checkConfig(text, options);
}

/**
 * Like `loadConfig`, for a text that is or will be the file's; undefined where there is no file. What is wrong with the
 * keys in `typed` is said without its place: nobody has seen it in the file.
 */
export function checkConfig(
  text: string | undefined,
  { file, environment, flags }: LoadOptions,
  typed: readonly string[] = [],
): LoadedConfig {
  const document = text === undefined ? undefined : parseOrThrow(text, file);
  const unfilled: Fault[] = [];
  const fromFile = expandVariables(document?.value ?? {}, environment, (path, message) =>
    unfilled.push({ path, message }),
  );
  if (!isPlainObject(fromFile)) throw invalid([`${file}:1:1: expected an object, found ${show(document?.value)}`]);

  const config = structuredClone(fromFile);
  const written = structuredClone(document?.value ?? {}) as Record<string, unknown>;
  const sources = createSources(fromFile);
  const lines: string[] = [];
  for (const setting of environmentSettings(environment)) {
    if ('fault' in setting) {
      lines.push(`${setting.variable}: ${setting.fault}`);
    } else if (setAt(config, setting.key, setting.value)) {
      const { key, variable, value } = setting;
      setAt(written, key, mayHoldSecrets(key) ? withEachText(value, `$\{${variable}}`) : value);
      sources.override(key, value, { origin: 'environment', name: variable });
    }
  }
  for (const [key, value] of Object.entries(flags)) {
    if (!setAt(config, key, value)) continue;
    setAt(written, key, value);
    sources.override(key, value, { origin: 'flag', name: flagFor(key) });
  }
  const token = valueAt(written, TOKEN_KEY);
  if (token !== undefined) setAt(written, TOKEN_KEY, withoutSecret(token));

  const isOtherwiseFine = lines.length === 0;
  const faults = validate(config, written).filter(({ path }) => !unfilled.some((other) => other.path === path));
  faults.push(...unfilled);
  if (faults.length === 0) faults.push(...contradictions(config as Config, sources.isSet));
  lines.unshift(...faultLines(faults, { document, file, nameOf: sources.nameOf, typed }));
  if (lines.length > 0) {
    if (isOtherwiseFine && faults.every(({ path }) => sources.origins[path] === 'flag')) throw wrongFlags(lines);
    throw invalid(lines);
  }
  delete config['$schema'];
  const { origins, nameOf } = sources;
  const shown = asWritten(config, written) as Config;
  return { config: config as Config, shown, file: text === undefined ? null : file, origins, nameOf };
}

/** What plugins are configured with is not ours to know. */
function mayHoldSecrets(key: string): boolean {
  return key === 'plugins.plugin_configs' || key === TOKEN_KEY;
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

/** What no single key can be blamed for; of two keys that do not fit, the blame is on one that somebody has set. */
function contradictions(config: Config, isSet: (key: string) => boolean): Fault[] {
  const { action, exec_command: command, warning_minutes: warning, naptime_minutes: naptime } = config;
  const faults: Fault[] = [];
  if (action === 'exec' && !command[0]) {
    faults.push({ path: 'exec_command', message: 'action "exec" needs a program, found none' });
  }
  if (warning > naptime && isSet('warning_minutes')) {
    const message = `expected at most the naptime of ${naptime} minutes, found ${warning}`;
    faults.push({ path: 'warning_minutes', message });
  } else if (warning > naptime) {
    const message = `expected at least ${warning}, as long as warning_minutes is not set lower, found ${naptime}`;
    faults.push({ path: 'naptime_minutes', message });
  }
  const { webhook } = config.events.sources;
  if (webhook.enabled && webhook.token === null) {
    const message = 'the webhook needs a token of at least 16 characters, found none';
    faults.push({ path: TOKEN_KEY, message });
  }
  return faults;
}

type Places = {
  document: Document | undefined;
  file: string;
  nameOf: (path: string) => string | undefined;
  typed: readonly string[];
};

/** A line for each fault: those of the file from its top to its end, then those of the environment and the flags. */
function faultLines(faults: readonly Fault[], { document, file, nameOf, typed }: Places): string[] {
  const placed = faults.map(({ path, message: said }) => {
    const meant = typeKey(path);
    const message = meant === undefined ? said : `unknown key, did you mean ${meant}?`;
    const name = nameOf(path);
    const isTyped = typed.some((key) => `${path}.`.startsWith(`${key}.`));
    if (name !== undefined || document === undefined || isTyped) return { at: [], text: `${name ?? path}: ${message}` };
    const place = document.placeOf(path);
    return { at: place.split(':').map(Number), text: `${file}:${place}: ${path}: ${message}` };
  });
  const order = (at: readonly number[], index: number) => at[index] ?? Number.MAX_SAFE_INTEGER;
  return placed
    .sort((a, b) => order(a.at, 0) - order(b.at, 0) || order(a.at, 1) - order(b.at, 1))
    .map(({ text }) => text);
}

function wrongFlags(faults: readonly string[]): SnoozeError {
  return new SnoozeError('SNOOZE_E_USAGE', faults.join('\n'), { hint: 'type: snoozed --help' });
}

function invalid(faults: readonly string[]): SnoozeError {
  return new SnoozeError('SNOOZE_E_CONFIG_INVALID', faults.join('\n'));
}
