import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv, type SchemaObject } from 'ajv';
import { readManifest } from '../../daemon/src/plugins/read-manifest.ts';

const examples = new URL('..', import.meta.url).pathname;
const schemaFile = new URL('../../plugin-sdk/protocol/manifest.schema.json', import.meta.url);
const ajv = new Ajv({ strictRequired: false, allowUnionTypes: true });
const validate = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')) as SchemaObject);
const folders = readdirSync(examples).filter((name) => existsSync(join(examples, name, 'plugin.json')));

describe('the example plugins', () => {
  it('are the five that there should be', () => {
    assert.deepEqual(folders.sort(), [
      'keep-awake-file',
      'process-watch',
      'redis-monitor',
      'spot-checkpoint',
      'ssh-guard',
    ]);
  });

  for (const name of folders) {
    it(`${name} has a manifest that the daemon and the protocol's schema take`, () => {
      const directory = join(examples, name);
      const manifest = readManifest(directory);
      assert.equal(manifest.name, name);
      assert.ok(
        validate(JSON.parse(readFileSync(join(directory, 'plugin.json'), 'utf8'))),
        ajv.errorsText(validate.errors),
      );
      for (const file of [manifest.module, ...(manifest.exec?.args ?? [])]) {
        if (file !== undefined) assert.ok(existsSync(join(directory, file)), file);
      }
    });

    it(`${name} describes every setting, with a default or as required, in its README too`, () => {
      const schema = readManifest(join(examples, name)).config_schema as {
        properties: Record<string, { description?: string; default?: unknown }>;
        required?: string[];
      };
      const readme = readFileSync(join(examples, name, 'README.md'), 'utf8');
      for (const [key, field] of Object.entries(schema.properties)) {
        assert.ok(field.description, key);
        assert.notEqual('default' in field, schema.required?.includes(key) ?? false, key);
        assert.ok(readme.includes(`\`${key}\``), `${key} in the README`);
      }
    });
  }
});
