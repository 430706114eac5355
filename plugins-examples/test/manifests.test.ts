import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv, type SchemaObject } from 'ajv';
import { readManifest } from '../../daemon/src/plugins/manifest/read-manifest.ts';
import { findPythonSdk } from '../../daemon/src/plugins/process/python-sdk.ts';
import { requires } from '../../daemon/test/support/requires.ts';

const examples = new URL('..', import.meta.url).pathname;
const schemaFile = new URL('../../plugin-sdk/protocol/manifest.schema.json', import.meta.url);
const ajv = new Ajv({ strictRequired: false, allowUnionTypes: true });
const validate = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')) as SchemaObject);
const folders = readdirSync(examples).filter((name) => existsSync(join(examples, name, 'plugin.json')));

describe('the example plugins', () => {
  it('are all listed, with what they show, where an author looks for one', () => {
    const page = readFileSync(new URL('../../docs/plugins.md', import.meta.url), 'utf8');
    assert.ok(folders.length > 5);
    assert.deepEqual(
      [...page.matchAll(/^\| `([a-z-]+)` \| (?:Python|Go|shell|TypeScript) \|/gm)].map(([, name]) => name).sort(),
      folders.sort(),
    );
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

    const program = readManifest(join(examples, name)).exec?.args?.[0] ?? '';
    const source = program.endsWith('.py') ? readFileSync(join(examples, name, program), 'utf8') : '';
    if (source.includes('cloudsnooze_plugin'))
      it(`${name} has the manifest that its program writes`, { skip: requires('python3') }, () => {
        const env = { ...process.env, PYTHONPATH: findPythonSdk(), PYTHONDONTWRITEBYTECODE: '1' };
        const options = { cwd: join(examples, name), env, encoding: 'utf8' } as const;
        const { stdout, stderr } = spawnSync('python3', [program, '--manifest'], options);
        assert.notEqual(stdout, '', stderr);
        assert.deepEqual(JSON.parse(readFileSync(join(examples, name, 'plugin.json'), 'utf8')), JSON.parse(stdout));
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
