/** The examples keep every requirement of the protocol, as `snooze plugin test` tries it. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { buildInPlace } from '../../cli/src/plugin-author/build.ts';
import { checkConformance } from '../../cli/src/plugin-author/conformance/conformance.ts';
import type { Outcome } from '../../cli/src/plugin-author/conformance/outcome.ts';
import { openPluginFolder } from '../../cli/src/plugin-author/plugin-folder.ts';
import { validatePlugin } from '../../cli/src/plugin-author/validate/validate.ts';
import { benchFor } from '../../cli/test/support/author.ts';
import type { Manifest } from '../../daemon/src/plugins/manifest/manifest.ts';
import { requires } from '../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../daemon/test/support/temporary-directory.ts';
import { postgresPrograms } from '../test-support/postgres.ts';

const examples = new URL('..', import.meta.url).pathname;
const requirements = readFileSync(new URL('../../plugin-sdk/protocol/requirements.md', import.meta.url), 'utf8');

/** Debian's psql is a script in Perl that looks for the real one, which need not be done for each of 250 checks. */
const environment = { ...process.env, PATH: `${postgresPrograms}:${process.env['PATH']}` };

/** What an example needs to be configured with, where its defaults are not enough: `test/conformance.json` beside it. */
function configOf(name: string): Record<string, unknown> {
  const file = join(examples, name, 'test', 'conformance.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : {};
}

/** A service that is not there is told with an error, which is its right answer. */
function isMissingService({ note }: Outcome, { permissions = {} }: Manifest): boolean {
  return (permissions.network ?? []).length > 0 && note?.includes('it answered with an error: ') === true;
}

describe('each example', { skip: requires('python3', 'go'), concurrency: 2 }, () => {
  for (const name of readdirSync(examples).filter((entry) => existsSync(join(examples, entry, 'plugin.json')))) {
    it(`${name} has no fault that can be told without starting it`, () => {
      const { findings } = validatePlugin(openPluginFolder(join(examples, name)), process.env['PATH'] ?? '');
      assert.deepEqual(
        findings.filter(({ kind }) => kind === 'fault'),
        [],
      );
    });

    it(`${name} keeps every requirement`, async (test) => {
      const directory = join(temporaryDirectory(test), name);
      cpSync(join(examples, name), directory, { recursive: true });
      const bench = { ...benchFor(directory, configOf(name)), environment };
      await buildInPlace(bench.spec.manifest, directory, environment);
      await checkConformance(bench, bench.report, () => {});
      const broken = bench.outcomes.filter(({ status }) => status === 'broken');
      assert.deepEqual(
        broken.filter((outcome) => !isMissingService(outcome, bench.spec.manifest)),
        [],
      );
      // To a module, and to a program that lives for one call, most of them do not apply.
      const { type, process_model: model = 'persistent' } = bench.spec.manifest;
      const least = type === 'external' && model === 'persistent' ? 10 : 1;
      assert.ok(bench.outcomes.filter(({ status }) => status === 'held').length >= least);
      for (const { requirement } of bench.outcomes) assert.ok(requirements.includes(`**${requirement}**`), requirement);
    });
  }
});
