import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { getByKey, readText, setInText, writeWhole } from '../../src/config/edit.ts';
import { parseDocument } from '../../src/config/jsonc.ts';
import { valueAt } from '../../src/config/keys.ts';
import { checkConfig } from '../../src/config/load.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const check = (text: string) =>
  checkConfig(text, { file: 'f', fileRequired: false, environment: {}, flags: {} }).config;
const readBack = (text: string) => {
  const parsed = parseDocument(text);
  assert.ok('document' in parsed);
  return parsed.document.value;
};

test('what is set is indented as the file is, and has its ends of lines', () => {
  assert.equal(
    setInText('{\r\n\t"quorum": 1\r\n}\r\n', 'logging.level', 'debug'),
    '{\r\n\t"quorum": 1,\r\n\t"logging": {\r\n\t\t"level": "debug"\r\n\t}\r\n}\r\n',
  );
  assert.equal(
    setInText('{\n    "quorum": 1\n}\n', 'logging.level', 'debug'),
    '{\n    "quorum": 1,\n    "logging": {\n        "level": "debug"\n    }\n}\n',
  );
  assert.equal(setInText('{}\n', 'dry_run', true), '{\n  "dry_run": true\n}\n');
});

test('the invisible mark before the text stays, too', () => {
  assert.equal(setInText('\uFEFF{"quorum": 1}', 'quorum', 0.5), '\uFEFF{"quorum": 0.5}');
  assert.equal(setInText('\uFEFF', 'quorum', 0.5), '\uFEFF{\n  "quorum": 0.5\n}\n');
});

test('an event type is one key, whether it is there already or not, and whether one setting of it is set or all', () => {
  const types = (text: string) => check(text).events.types;
  const first = setInText('{}', 'events.types.cloud.spot.interrupt.enabled', false);
  assert.deepEqual(types(first), { 'cloud.spot.interrupt': { enabled: false } });
  const second = setInText(first, 'events.types.cloud.spot.interrupt.dispatch', 'all');
  assert.deepEqual(types(second), { 'cloud.spot.interrupt': { enabled: false, dispatch: 'all' } });
  assert.deepEqual(types(setInText('{}', 'events.types.custom.backup', { enabled: true })), {
    'custom.backup': { enabled: true },
  });
  const own = setInText('{}', 'plugins.plugin_configs.saver.events.cloud.spot.interrupt.priority', 90);
  assert.deepEqual(check(own).plugins.plugin_configs['saver'], {
    events: { 'cloud.spot.interrupt': { priority: 90 } },
  });
  assert.equal(getByKey(check(own), 'plugins.plugin_configs.saver.events.cloud.spot.interrupt.priority'), 90);
  assert.doesNotMatch(setInText(own, 'plugins.plugin_configs.saver.events.cloud.spot.interrupt', undefined), /spot/);
});

test('an entry of a list is set by its number', () => {
  assert.equal(setInText('{"exec_command": ["a", "b"]}', 'exec_command.1', 'c'), '{"exec_command": ["a", "c"]}');
});

test('removing what is not there changes nothing', () => {
  for (const text of ['', '{ }', '{\n  // nothing\n}\n', '\uFEFF{}'])
    assert.equal(setInText(text, 'quorum', undefined), text);
});

test('a file that is not valid as it is, and one without a place for the key, are not edited', () => {
  assert.throws(
    () => setInText('{"a": 1', 'quorum', 1),
    /quorum: it cannot be set: the file is not valid as it is: 1:8:/,
  );
  assert.throws(() => setInText('[1]', 'quorum', 1), /quorum: it cannot be set: the file has no section there/);
  assert.throws(() => setInText('{"logging": 5}', 'logging.level', 'info'), /logging\.level: it cannot be set/);
});

test('whatever is set is there afterwards, everything else is as it was, and comments survive', () => {
  const word = fc.stringMatching(/^[a-z]{1,6}$/);
  const document = fc.dictionary(word, fc.dictionary(word, fc.integer()));
  return fc.assert(
    fc.property(document, word, word, fc.jsonValue(), (before, section, key, value) => {
      const text = `// first\n${JSON.stringify(before, null, 2)} // last\n`;
      const after = setInText(text, `${section}.${key}`, value);
      const expected = { ...before, [section]: { ...before[section], [key]: value } };
      assert.deepEqual(JSON.parse(JSON.stringify(readBack(after))), JSON.parse(JSON.stringify(expected)));
      assert.match(after, /^\/\/ first\n[\s\S]* \/\/ last\n$/);
    }),
  );
});

test('a value is found along keys with dots, or not at all', () => {
  const value = { a: { 'b.c': { d: [10, { e: 1 }] } } };
  assert.deepEqual([valueAt(value, 'a.b.c.d.1.e'), valueAt(value, 'a.b.c.d.0')], [1, 10]);
  assert.deepEqual(
    [valueAt(value, 'a.b'), valueAt(value, 'a.b.c.d.2'), valueAt(value, '__proto__')],
    [undefined, undefined, undefined],
  );
});

test('a link to the file stays a link, and the file behind it is written', (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'real'));
  writeFileSync(join(directory, 'real', 'file'), 'old');
  symlinkSync('real/file', join(directory, 'link'));
  writeWhole(join(directory, 'link'), 'new');
  assert.ok(lstatSync(join(directory, 'link')).isSymbolicLink());
  assert.equal(readFileSync(join(directory, 'real', 'file'), 'utf8'), 'new');
  assert.deepEqual(readdirSync(join(directory, 'real')), ['file']);
});

test('mode and owner of the file stay', { skip: process.getuid?.() !== 0 && 'only root may give files away' }, (t) => {
  const file = join(temporaryDirectory(t), 'file');
  writeFileSync(file, 'old');
  chownSync(file, 12_345, 23_456);
  chmodSync(file, 0o604);
  writeWhole(file, 'new');
  const { uid, gid, mode } = statSync(file);
  assert.deepEqual([uid, gid, mode & 0o777, readFileSync(file, 'utf8')], [12_345, 23_456, 0o604, 'new']);
});

test('a new file can be read by no stranger, for it may hold secrets', (t) => {
  const file = join(temporaryDirectory(t), 'below', 'file');
  writeWhole(file, 'new');
  assert.equal(statSync(file).mode & 0o007, 0);
});

test('a file that is not there is empty; one that cannot be read is told', (t) => {
  const directory = temporaryDirectory(t);
  assert.equal(readText(join(directory, 'none')), '');
  assert.throws(() => readText(directory), { code: 'SNOOZE_E_CONFIG_UNREADABLE' });
});
