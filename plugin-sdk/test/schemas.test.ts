import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { inspectManifest } from '../../daemon/src/plugins/manifest/read-manifest.ts';
import { type AnswerVector, type HostVector, readVectors, type Transcript, type WireVector } from './vectors.ts';

const root = new URL('../..', import.meta.url).pathname;
const read = (path: string) => readFileSync(new URL(`../protocol/${path}`, import.meta.url), 'utf8');
const ajv = new Ajv({
  allErrors: true,
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
  formats: { 'date-time': isDateTime },
});
const manifests = ajv.compile(JSON.parse(read('manifest.schema.json')));
const messages = JSON.parse(read('messages.schema.json')) as { $id: string; definitions: Record<string, object> };
ajv.addSchema(messages);

/** The least that a manifest must have, with some things changed. */
function manifest(changes: Record<string, unknown>): Record<string, unknown> {
  return { name: 'a-plugin', version: '1.0.0', type: 'external', exec: { command: './run' }, ...changes };
}

describe('the schema of the manifest', () => {
  const legal: Record<string, Record<string, unknown>> = {
    'the least there is': {},
    'a native plugin': { type: 'native', module: 'plugin.ts', exec: undefined },
    'a native plugin in a thread': { type: 'native', isolation: 'worker', module: 'plugin.ts', exec: undefined },
    'every part': {
      build: { command: 'go', args: ['build'] },
      framing: 'headers',
      concurrent: true,
      capabilities: ['check_idle', 'handle_event'],
      events: { 'cloud.spot.interrupt': { priority: 50, mode: 'observe' }, custom: {}, 'custom.my-thing': {} },
      dependencies: [{ name: 'base', version: '^1.0.0' }],
      permissions: { network: ['127.0.0.1:6379'], read: ['/proc'], write: [], env: ['HOME'], host: ['Host.Log'] },
      resources: { memory_mb: 64, cpu_percent: 20, processes: 8 },
      timeouts: { check_seconds: 0.5, event_seconds: 30, start_seconds: 10 },
      health_interval_seconds: 60,
    },
    'a pre-release': { version: '1.0.0-rc.1+build.5' },
    'the longest name': { name: `a${'b'.repeat(63)}` },
  };
  for (const [name, changes] of Object.entries(legal)) {
    it(`allows ${name}, as the daemon does`, () => {
      const text = JSON.stringify(manifest(changes));
      assert.ok(manifests(JSON.parse(text)), ajv.errorsText(manifests.errors));
      assert.deepEqual(inspectManifest(text).faults, []);
    });
  }

  const illegal: Record<string, Record<string, unknown>> = {
    'no name': { name: undefined },
    'a name in capitals': { name: 'Redis' },
    'a name that is too long': { name: `a${'b'.repeat(64)}` },
    'a version that is no semver': { version: '1.0' },
    'a key that it does not know': { comand: 'x' },
    'neither exec nor module': { exec: undefined },
    'a native plugin with exec': { type: 'native', module: 'plugin.ts' },
    'an external one with a module': { module: 'plugin.ts' },
    'an external one in a thread': { isolation: 'worker' },
    'exec as a string': { exec: './run' },
    'an empty command': { exec: { command: '' } },
    'an event type that does not exist': { events: { 'clouds.spot': {} } },
    'a mode that does not exist': { events: { custom: { mode: 'peek' } } },
    'a capability that does not exist': { capabilities: ['fly'] },
    'a timeout of nothing': { timeouts: { check_seconds: 0 } },
  };
  for (const [name, changes] of Object.entries(illegal)) {
    it(`refuses ${name}, as the daemon does`, () => {
      const text = JSON.stringify(manifest(changes));
      assert.ok(!manifests(JSON.parse(text)));
      assert.notDeepEqual(inspectManifest(text).faults, []);
    });
  }
});

describe('the schema of the messages', () => {
  const validate = (definition: string, value: unknown) => {
    const valid = ajv.validate({ $ref: `${messages.$id}#/definitions/${definition.replace('/', '~1')}` }, value);
    assert.ok(valid, `${definition}: ${ajv.errorsText(ajv.errors)}`);
  };

  it('has params and a result for every method', () => {
    const names = Object.keys(messages.definitions).filter((name) => name.endsWith('.params'));
    const notifications = ['$/cancelRequest', 'Host.Log', 'Host.ReportMetric'];
    assert.equal(names.length, 12 + 15 + notifications.length);
    for (const method of names.map((name) => name.slice(0, -'.params'.length)))
      assert.equal(`${method}.result` in messages.definitions, !notifications.includes(method), method);
  });

  for (const { name, send, expect } of readVectors<Transcript>('transcripts')) {
    it(`fits the transcript "${name}"`, () => {
      for (const message of send) {
        if (typeof message === 'string' || !('method' in message)) continue;
        const { id, method, params } = message as { id?: number; method: string; params: unknown };
        if (!messages.definitions[`${method}.params`]) continue;
        validate(`${method}.params`, params);
        const answer = expect.find((each) => each.id === id);
        // What a transcript expects is a part of an answer: only complete ones can be checked here.
        if (answer?.result && Object.keys(answer.result).length > 0) validate(`${method}.result`, answer.result);
      }
    });
  }
});

describe('the requirements', () => {
  const defined = [...read('requirements.md').matchAll(/^- \*\*(P-\d\d)\*\*/gm)].map((match) => match[1] ?? '');

  it('have a number each, in order', () => {
    assert.ok(defined.length > 20);
    assert.deepEqual(defined, [...new Set(defined)].sort());
  });

  it('are each cited: by a vector, by a test, or by what `snooze plugin test` tries', () => {
    const files = globSync(
      '{plugin-sdk/protocol/vectors/*.json,{plugin-sdk,daemon,cli}/**/test/**/*.ts,cli/src/**/*.ts}',
      {
        cwd: root,
        exclude: (path) => path.includes('node_modules'),
      },
    );
    const cited = new Set(files.flatMap((file) => readFileSync(join(root, file), 'utf8').match(/\bP-\d\d\b/g) ?? []));
    assert.deepEqual(
      defined.filter((requirement) => !cited.has(requirement)),
      [],
    );
  });

  it('are the ones that the vectors name', () => {
    const files = ['lines', 'headers', 'answers', 'transcripts', 'host'];
    const vectors = files.flatMap((file) => readVectors<WireVector | AnswerVector | Transcript | HostVector>(file));
    for (const { name, requirement } of vectors) assert.ok(defined.includes(requirement), `${name}: ${requirement}`);
  });
});

function isDateTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text));
}
