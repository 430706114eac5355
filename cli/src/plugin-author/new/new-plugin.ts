import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { nearest } from '@cloudsnooze/daemon/config/validator';
import { messageOf, SnoozeError } from '@cloudsnooze/daemon/errors';
import { CATALOG } from '@cloudsnooze/daemon/events/catalog';
import { readme } from './readme.ts';
import { sdkFolder } from './sdk-folder.ts';
import { TEMPLATES } from './templates/registry.ts';
import { DESCRIPTION, identifier, LIMIT, LIMITS, type Plan, type Template, VERSION } from './templates/template.ts';

export type Wanted = { path: string; language: string | undefined; handles: readonly string[] };

/** The folder of a new plugin and what was written there. */
export type Written = { plan: Plan; template: Template; directory: string; files: string[] };

/**
 * Writes a plugin that works into a folder that did not exist.
 * @throws SnoozeError SNOOZE_E_USAGE, or SNOOZE_E_INSTALL where the folder is there already or cannot be written.
 */
export function writeNewPlugin({ path, language, handles }: Wanted): Written {
  const directory = resolve(path);
  const template = checkLanguage(language);
  const plan = { name: checkName(basename(directory), template), handles: handles.map(checkType) };
  const sdk = template.sdk === null ? null : { from: sdkFolder(template.sdk.folder), to: template.sdk.copy };
  const files: Record<string, string> = {
    'plugin.json': `${JSON.stringify(manifestOf(plan, template), null, 2)}\n`,
    'README.md': readme(plan, template),
    ...template.files(plan),
  };
  if (existsSync(directory)) {
    throw new SnoozeError('SNOOZE_E_INSTALL', `${directory}: it exists already, and nothing in it is overwritten`, {
      hint: 'choose another name, or move it away',
    });
  }
  try {
    mkdirSync(directory, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(directory, name), text, { flag: 'wx', mode: text.startsWith('#!') ? 0o755 : 0o644 });
    }
    if (sdk !== null) copySdk(sdk.from, join(directory, sdk.to));
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw new SnoozeError('SNOOZE_E_INSTALL', `${directory}: it cannot be written: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return { plan, template, directory, files: [...Object.keys(files), ...(sdk === null ? [] : [`${sdk.to}/`])] };
}

/** The SDK's own tests and what Python leaves behind are no part of a plugin. */
const NOT_COPIED = /(^|\/)(__pycache__|testdata|[^/]*_test\.go)$/;

function copySdk(from: string, to: string): void {
  cpSync(from, to, { recursive: true, filter: (source) => !NOT_COPIED.test(relative(from, source)) });
}

function manifestOf({ name, handles }: Plan, template: Template): Record<string, unknown> {
  const { license, min_host_version, timeouts, resources } = LIMITS;
  const { type, ...runs } = template.manifest({ name, handles });
  const isNative = type === 'native';
  return {
    name,
    version: VERSION,
    description: DESCRIPTION,
    license,
    min_host_version,
    type,
    ...runs,
    capabilities: ['check_idle', ...(handles.length > 0 ? ['handle_event'] : []), ...template.alsoDoes],
    ...(handles.length > 0 && { events: Object.fromEntries(handles.map((each) => [each, { priority: 50 }])) }),
    config_schema: {
      type: 'object',
      additionalProperties: false,
      properties: { limit: { type: template.numbers, ...LIMIT } },
    },
    ...(!isNative && { resources }),
    timeouts,
  };
}

function checkName(name: string, { language, sdk }: Template): string {
  if (sdk !== null && identifier(name) === identifier(sdk.copy))
    throw new SnoozeError('SNOOZE_E_USAGE', `${name} is the name of the SDK that is put beside the plugin`, {
      hint: `type: snooze plugin new my-${name} --language ${language}`,
    });
  if (/^[a-z][a-z0-9-]{0,63}$/.test(name)) return name;
  const meant = name
    .toLowerCase()
    .match(/[a-z0-9]+/g)
    ?.join('-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 64);
  throw new SnoozeError(
    'SNOOZE_E_USAGE',
    `a plugin's name has lower-case letters, digits and hyphens, and begins with a letter; found ${JSON.stringify(name)}`,
    meant ? { hint: `type: snooze plugin new ${meant} --language ${language}` } : {},
  );
}

function checkLanguage(language: string | undefined): Template {
  const known = TEMPLATES.map((each) => each.language);
  const template = TEMPLATES.find((each) => each.language === language);
  if (template !== undefined) return template;
  const meant = language === undefined ? undefined : nearest(language, known);
  const found = language === undefined ? 'nothing' : JSON.stringify(language);
  throw new SnoozeError('SNOOZE_E_USAGE', `--language: expected one of ${known.join(', ')}; found ${found}`, {
    hint: meant === undefined ? 'type: --language python' : `did you mean ${meant}?`,
  });
}

function checkType(type: string): string {
  const known = CATALOG.map((entry) => entry.type);
  if (known.includes(type) || /^custom\.[a-z0-9_.-]+$/.test(type)) return type;
  const meant = nearest(type, known);
  throw new SnoozeError('SNOOZE_E_USAGE', `--handles: there are no events of type ${JSON.stringify(type)}`, {
    hint: meant === undefined ? `there are ${known.join(', ')} and custom.…` : `did you mean ${meant}?`,
  });
}
