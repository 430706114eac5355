import { DESCRIPTION, defineTemplate, LIMIT, LIMITS, type Plan, VERSION } from './template.ts';

const COPY = 'cloudsnooze-plugin';

/** One object, which snoozed loads; run by Node it is a program of its own. */
export const typescript = defineTemplate({
  language: 'typescript',
  files: (plan) => ({ 'plugin.ts': program(plan), 'plugin.test.ts': test() }),
  manifest: () => ({ type: 'native', language: 'typescript', module: 'plugin.ts' }),
  alsoDoes: [],
  numbers: 'number',
  sdk: { folder: 'typescript/src', copy: COPY },
  testCommand: () => 'node --test plugin.test.ts',
  manifestCommand: () => 'node plugin.ts --manifest=native > new.json && mv new.json plugin.json',
});

function program({ name, handles }: Plan): string {
  const events = handles.map((type) => `'${type}': { priority: 50 }`).join(', ');
  return `import { busy, definePlugin, idleIf, serve } from './${COPY}/index.ts';

export const plugin = definePlugin({
  name: '${name}',
  version: '${VERSION}',
  description: '${DESCRIPTION}',
  settings: {
    limit: { type: 'number', default: ${LIMIT.default}, minimum: ${LIMIT.minimum}, description: '${LIMIT.description}' },
  },
  manifest: {
    license: '${LIMITS.license}',
    min_host_version: '${LIMITS.min_host_version}',
    timeouts: { check_seconds: ${LIMITS.timeouts.check_seconds} },
  },
  checkIdle({ metrics, config }) {
    const load = metrics.load_1m;
    if (load === null) return busy('the load is not known');
    return idleIf(load <= config.limit, \`load \${load}, limit \${config.limit}\`);
  },
${
  events === ''
    ? ''
    : `  events: { ${events} },
  handleEvent({ event }) {
    // save here what must not be lost, before event.deadline
    return { handled: true, result: \`nothing to save yet for \${event.type}\` };
  },
`
}});

if (import.meta.main) serve(plugin);
`;
}

function test(): string {
  return `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plugin } from './plugin.ts';

const verdict = (load: number | null) =>
  plugin.checkIdle?.({ metrics: { load_1m: load }, config: { limit: 1 } } as never);

test('a low load is idle', async () => assert.equal((await verdict(0.5))?.is_idle, true));

test('a high load is busy, and says why', async () =>
  assert.deepEqual(await verdict(4), { is_idle: false, reason: 'load 4, limit 1' }));

test('an unknown load is busy', async () => assert.equal((await verdict(null))?.is_idle, false));
`;
}
