import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { buildInPlace } from '../../src/plugin-author/build.ts';
import { checkConformance } from '../../src/plugin-author/conformance/conformance.ts';
import { TEMPLATES } from '../../src/plugin-author/new/templates/registry.ts';
import { benchFor, brokenOf, patient } from '../support/author.ts';
import { callCli } from '../support/call-cli.ts';
import { runCli } from '../support/run-cli.ts';

const PROGRAMS: Record<string, string[]> = { python: ['python3'], go: ['go'], typescript: [], shell: ['sh'] };

/** Runs a line of a new plugin's README in its folder; `node` is the one that runs this test. */
function run(line: string, directory: string): string {
  const env = {
    ...process.env,
    PATH: `${join(process.execPath, '..')}:${process.env['PATH']}`,
    GOPROXY: 'off',
    GOFLAGS: '',
  };
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { cwd: directory, encoding: 'utf8', env });
  assert.equal(status, 0, `${line}: ${stdout}${stderr}`);
  return stdout + stderr;
}

const make = (directory: string, ...typed: string[]) => runCli(['plugin', 'new', ...typed], { directory });

describe('a new plugin', { concurrency: 2 }, () => {
  for (const template of TEMPLATES) {
    const { language } = template;
    for (const handles of [[], ['cloud.spot.interrupt', 'custom.backup']]) {
      const what = `in ${language}${handles.length > 0 ? ' that handles events' : ''}`;
      it(`${what} works as it is written`, { skip: requires(...(PROGRAMS[language] ?? [])) }, async (test) => {
        const parent = temporaryDirectory(test);
        const directory = join(parent, 'my-plugin');
        const events = handles.length > 0 ? ['--handles', ...handles] : [];
        const made = await make(parent, 'my-plugin', '--language', language, ...events);
        assert.deepEqual([made.code, made.stderr], [0, '']);
        const validated = await callCli(['plugin', 'validate', directory]);
        assert.deepEqual([validated.code, validated.stdout.split('\n')[0]], [0, 'ok: my-plugin 0.1.0: nothing to ask']);

        const plan = { name: 'my-plugin', handles };
        run(template.testCommand(plan), directory);
        const manifest = manifestIn(directory);
        const again = template.manifestCommand(plan);
        if (again !== null) run(again, directory);
        assert.deepEqual(normalized(manifestIn(directory)), normalized(manifest));

        if (handles.length === 0) return; // the other one does all of this and more
        const bench = benchFor(directory, {}, patient(5_000));
        await buildInPlace(bench.spec.manifest, directory, process.env);
        await checkConformance(bench, bench.report, () => {});
        assert.deepEqual(brokenOf(bench.outcomes), []);
        for (const type of handles)
          assert.ok(
            bench.outcomes.some(({ what: held }) => held === `handles ${type}`),
            type,
          );
      });
    }
  }

  for (const [language, name] of [
    ['go', 'plugin'],
    ['python', 'json'],
  ] as const) {
    it(`in ${language} may have the name of a package of the language: ${name}`, {
      skip: requires(...(PROGRAMS[language] ?? [])),
    }, async (test) => {
      const parent = temporaryDirectory(test);
      assert.equal((await make(parent, name, '--language', language)).code, 0);
      const template = TEMPLATES.find((each) => each.language === language);
      const directory = join(parent, name);
      for (const command of [template?.testCommand, template?.manifestCommand])
        run(command?.({ name, handles: [] }) ?? assert.fail(), directory);
      assert.equal(manifestIn(directory)['name'], name);
    });
  }

  it('is told with its files and what to type next, or as data', async (test) => {
    const parent = temporaryDirectory(test);
    const { stdout } = await make(parent, 'tea', '--language', 'shell');
    assert.match(stdout, /^ok: .*\/tea \(shell\): plugin\.json, README\.md, check\.sh, test\.sh\nnext:\n {2}cd tea\n/);
    const { stdout: json } = await make(parent, 'coffee', '--language', 'shell', '--json');
    assert.deepEqual(JSON.parse(json), {
      name: 'coffee',
      language: 'shell',
      directory: join(parent, 'coffee'),
      files: ['plugin.json', 'README.md', 'check.sh', 'test.sh'],
    });
    assert.deepEqual(readdirSync(join(parent, 'coffee')).sort(), ['README.md', 'check.sh', 'plugin.json', 'test.sh']);
  });

  it('overwrites nothing', async (test) => {
    const parent = temporaryDirectory(test);
    mkdirSync(join(parent, 'mine'));
    writeFileSync(join(parent, 'mine', 'work'), 'of a week');
    const { code, stderr } = await make(parent, 'mine', '--language', 'python');
    assert.equal(code, 1);
    assert.match(stderr, /^snooze: .*\/mine: it exists already, and nothing in it is overwritten\n/);
    assert.deepEqual(readdirSync(join(parent, 'mine')), ['work']);
  });

  const mistakes: [typed: string[], lines: RegExp][] = [
    [
      ['Redis_Monitor', '--language', 'python'],
      /found "Redis_Monitor"\n {2}type: snooze plugin new redis-monitor --language python\n$/,
    ],
    [['mine'], /^snooze: --language: expected one of python, go, typescript, shell; found nothing\n/],
    [['mine', '--language', 'pyton'], /found "pyton"\n {2}did you mean python\?\n$/],
    [
      ['mine', '--language', 'python', '--handles', 'cloud.spot.interupt'],
      /no events of type "cloud\.spot\.interupt"\n {2}did you mean cloud\.spot\.interrupt\?\n$/,
    ],
    [
      ['cloudsnooze', '--language', 'go'],
      /^snooze: cloudsnooze is the name of the SDK .*\n {2}type: snooze plugin new my-cloudsnooze --language go\n$/,
    ],
    [[], /missing required argument/],
  ];
  for (const [typed, lines] of mistakes) {
    it(`is not made of "${typed.join(' ')}"`, async (test) => {
      const parent = temporaryDirectory(test);
      const { code, stdout, stderr } = await make(parent, ...typed);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, lines);
      assert.ok(!existsSync(join(parent, 'mine')));
    });
  }
});

function manifestIn(directory: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(directory, 'plugin.json'), 'utf8'));
}

/** The order of capabilities means nothing, and "handle" is the mode where none is named. */
function normalized({ capabilities, events, ...manifest }: Record<string, unknown>): Record<string, unknown> {
  const types = Object.keys((events ?? {}) as object);
  return { ...manifest, capabilities: (capabilities as string[]).toSorted(), events: types };
}
