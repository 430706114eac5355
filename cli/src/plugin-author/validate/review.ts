import { readdirSync } from 'node:fs';
import { nearest } from '@cloudsnooze/daemon/config/validator';
import { CATALOG } from '@cloudsnooze/daemon/events/catalog';
import { schemaOf } from '@cloudsnooze/daemon/plugins/manifest/config-schema';
import { propertiesOf } from '@cloudsnooze/daemon/plugins/manifest/config-schema-faults';
import type { Manifest } from '@cloudsnooze/daemon/plugins/manifest/manifest';
import { atKey, type Finding } from './finding.ts';
import { permissionQuestions } from './permissions.ts';
import { sourceText } from './source-text.ts';

/** What somebody who is asked to install this plugin would want to know, and does not find. */
export function reviewQuestions(
  manifest: Manifest,
  { directory, placeOf }: { directory: string; placeOf: (path: string) => string },
): Finding[] {
  const ask = (path: string, message: string, suggestion?: string) =>
    atKey('question', path, { message, placeOf, ...(suggestion !== undefined && { suggestion }) });
  return [
    ...missingWords(manifest, ask),
    ...(hasFile(directory, /^readme/i) ? [] : [ask('', 'there is no README that says what it is for', 'README.md')]),
    ...timeLimits(manifest, ask),
    ...permissionQuestions(manifest, sourceText(directory)).map(({ path, message, suggestion }) =>
      ask(path, message, suggestion),
    ),
    ...eventQuestions(manifest, ask),
    ...undescribed(manifest, ask),
  ];
}

type Ask = (path: string, message: string, suggestion?: string) => Finding;

function missingWords({ license, description, min_host_version: oldest }: Manifest, ask: Ask): Finding[] {
  const questions: Finding[] = [];
  if (!description)
    questions.push(ask('description', 'what does it watch? One sentence', '"description": "Busy while …"'));
  if (license === undefined)
    questions.push(ask('license', 'under which license may it be used?', '"license": "Apache-2.0"'));
  if (oldest === undefined) {
    questions.push(ask('min_host_version', 'which snoozed does it need at least?', '"min_host_version": "0.1.0"'));
  }
  return questions;
}

function timeLimits({ timeouts, resources, type }: Manifest, ask: Ask): Finding[] {
  const questions: Finding[] = [];
  if (timeouts === undefined) {
    questions.push(
      ask('timeouts', 'how long may a check take? (5 s where nothing is said)', '"timeouts": { "check_seconds": 5 }'),
    );
  }
  if (resources === undefined && type === 'external') {
    questions.push(
      ask(
        'resources',
        'how much memory does it need? (1024 MB where nothing is said)',
        '"resources": { "memory_mb": 64 }',
      ),
    );
  }
  return questions;
}

function eventQuestions({ events = {}, capabilities }: Manifest, ask: Ask): Finding[] {
  const types = Object.keys(events);
  const known = CATALOG.map(({ type }) => type);
  const questions = types.flatMap((type) => {
    if (known.includes(type) || type.startsWith('custom.')) return [];
    const meant = nearest(type, known);
    return [
      ask(
        `events.${type}`,
        'nothing sends events of this type',
        meant === undefined ? 'custom.…' : `did you mean ${meant}?`,
      ),
    ];
  });
  if (types.length > 0 && capabilities?.includes('handle_event') === false) {
    questions.push(
      ask('capabilities', 'it subscribes to events and does not say that it handles them', '"handle_event"'),
    );
  }
  return questions;
}

function undescribed({ config_schema: given }: Manifest, ask: Ask): Finding[] {
  const schema = schemaOf(given);
  if (schema === undefined) return [];
  const prefix = given?.['properties'] === schema['properties'] ? 'config_schema.properties.' : 'config_schema.';
  return propertiesOf(schema).flatMap(([name, { description }]) =>
    description === undefined ? [ask(prefix + name, `what is the setting ${name} for?`, '"description": "…"')] : [],
  );
}

function hasFile(directory: string, pattern: RegExp): boolean {
  return readdirSync(directory).some((name) => pattern.test(name));
}
