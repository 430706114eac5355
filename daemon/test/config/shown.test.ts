import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { checkConfig } from '../../src/config/load.ts';
import { asWritten, withEachText } from '../../src/config/shown.ts';

const load = (config: object, environment: NodeJS.ProcessEnv, flags = {}) =>
  checkConfig(JSON.stringify(config), { file: 'f', fileRequired: false, environment, flags });
const plugin = (own: object) => ({ plugins: { plugin_configs: { db: own } } });

test('what a variable holds is used, and shown by its name alone', () => {
  const own = { dsn: `user:$\{PASSWORD}@db`, list: [`$\{PASSWORD}`, 'plain'], port: 5 };
  const { config, shown } = load(plugin(own), { PASSWORD: 'hunter2' });
  assert.deepEqual(config.plugins.plugin_configs['db'], {
    dsn: 'user:hunter2@db',
    list: ['hunter2', 'plain'],
    port: 5,
  });
  assert.deepEqual(shown.plugins.plugin_configs['db'], own);
  assert.deepEqual({ ...shown, plugins: 0 }, { ...config, plugins: 0 });
});

test('a fault quotes the file, never what a variable holds', () => {
  for (const own of [{ weight: `$\{PASSWORD}` }, { role: `$\{PASSWORD}` }, { events: [`$\{PASSWORD}`] }]) {
    assert.throws(
      () => load(plugin(own), { PASSWORD: 'hunter2' }),
      ({ message }: Error) =>
        message.includes('found ') && message.includes(`$\{PASSWORD}`) && !message.includes('hunter2'),
    );
  }
});

test('plugins that are configured by a variable are shown without their texts', () => {
  const { config, shown } = load(
    {},
    { SNOOZE_PLUGINS__PLUGIN_CONFIGS: '{"db": {"password": "hunter2", "weight": 2}}' },
  );
  assert.equal(config.plugins.plugin_configs['db']?.['password'], 'hunter2');
  assert.deepEqual(shown.plugins.plugin_configs, { db: { password: `$\{SNOOZE_PLUGINS__PLUGIN_CONFIGS}`, weight: 2 } });
});

test('a variable or a flag that wins over the file is shown with its own value', () => {
  const text = { tagging_prefix: `$\{PREFIX}`, logging: { level: 'info' } };
  const { shown } = load(text, { PREFIX: 'a', SNOOZE_TAGGING_PREFIX: 'b' }, { 'logging.level': 'debug' });
  assert.deepEqual([shown.tagging_prefix, shown.logging.level], ['b', 'debug']);
});

test('the token of the webhook is shown to nobody, only the name of a variable that holds it', () => {
  const TOKEN = 'hunter2-hunter2-hunter2';
  const key = 'SNOOZE_EVENTS__SOURCES__WEBHOOK__TOKEN';
  for (const [token, environment, expected] of [
    [TOKEN, {}, '********'],
    [`hunter2-$\{TOKEN}`, { TOKEN }, '********'],
    [`$\{TOKEN}`, { TOKEN }, `$\{TOKEN}`],
    [null, {}, null],
    ['', { [key]: TOKEN }, `$\{${key}}`],
  ] as const) {
    const { config, shown } = load({ events: { sources: { webhook: { token } } } }, environment);
    assert.equal(config.events.sources.webhook.token?.endsWith(TOKEN) ?? null, token === null ? null : true);
    assert.equal(shown.events.sources.webhook.token, expected);
  }
  for (const token of ['hunter2', 1_234_567, ['hunter2'], { hunter2: 'hunter2' }]) {
    const faulty = () => load({ events: { sources: { webhook: { token } } } }, {});
    assert.throws(faulty, ({ message }: Error) => /webhook\.token: /.test(message) && !/hunter2|1234567/.test(message));
  }
});

test('written as it is, a value is shown as it is; and no text is left where each is replaced', () =>
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.deepEqual(asWritten(value, value), value);
      assert.deepEqual(new Set(textsOf(withEachText(value, 'x'))), new Set(textsOf(value).map(() => 'x')));
    }),
  ));

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
