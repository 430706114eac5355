import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { writePlugin } from '../../../../daemon/test/support/daemon-process.ts';
import { temporaryDirectory } from '../../../../daemon/test/support/temporary-directory.ts';
import { HOST_METHODS } from '../../../src/plugin-author/validate/host-methods.ts';
import { runCli } from '../../support/run-cli.ts';

const WHOLE = {
  name: 'mine',
  description: 'Busy while it is.',
  license: 'Apache-2.0',
  min_host_version: '0.1.0',
  exec: { command: 'sh', args: ['run.sh'] },
  timeouts: { check_seconds: 1 },
  resources: { memory_mb: 16 },
};
const FILES = { 'run.sh': 'exit 0', 'README.md': '# mine' };

async function validate(test: it.TestContext, manifest: object, files: Record<string, string> = FILES) {
  const directory = writePlugin(temporaryDirectory(test), { ...WHOLE, ...manifest }, files);
  const { code, stdout, stderr } = await runCli(['plugin', 'validate', directory]);
  return { code, lines: stdout.trimEnd().split('\n'), stderr, directory };
}

describe('snooze plugin validate', () => {
  it('finds nothing in a whole plugin, and says what to type next', async (test) => {
    const { code, lines, directory } = await validate(test, {});
    assert.deepEqual([code, lines], [0, ['ok: mine 1.0.0: nothing to ask', `next: snooze plugin test ${directory}`]]);
  });

  it('names line and column of each fault of the manifest, and what to write instead', async (test) => {
    const directory = join(temporaryDirectory(test), 'p');
    mkdirSync(directory);
    const text =
      '{\n  "name": "Redis Monitor!",\n  "version": "v1",\n  "typ": "external",\n  "timeouts": {"check": 5}\n}';
    writeFileSync(join(directory, 'plugin.json'), text);
    const { code, stdout } = await runCli(['plugin', 'validate', join(directory, 'plugin.json')]);
    assert.equal(code, 1);
    assert.deepEqual(stdout.split('\n').slice(0, 8), [
      'not ok: plugin.json:1:1: type: is missing',
      '    "type": "external"',
      'not ok: plugin.json:2:3: name: expected lower-case letters, digits and hyphens, beginning with a letter, at most 64, found "Redis Monitor!"',
      '    "name": "redis-monitor"',
      'not ok: plugin.json:3:3: version: expected a version such as 1.2.3, found "v1"',
      '    "version": "1.0.0"',
      'not ok: plugin.json:4:3: typ: unknown key, did you mean type?',
      'not ok: plugin.json:5:16: timeouts.check: unknown key, expected check_seconds, event_seconds, start_seconds',
    ]);
    assert.match(stdout, /\nnot ok: .*: 5 faults\n$/);
  });

  it('says where the JSON breaks', async (test) => {
    const directory = temporaryDirectory(test);
    writeFileSync(join(directory, 'plugin.json'), '{\n  "name": "mine"\n  "version": "1.0.0"\n}');
    const { code, stdout } = await runCli(['plugin', 'validate', directory]);
    assert.equal(code, 1);
    assert.match(stdout, /^not ok: plugin\.json:3:3: expected a comma, found "\\"version\\""\n/);
  });

  const cases: [what: string, manifest: object, files: Record<string, string>, expected: RegExp][] = [
    [
      'a compiler that is not there, for a program that is not built yet',
      { exec: { command: './mine' }, build: { command: 'no-such-compiler' } },
      FILES,
      /build\.command: no-such-compiler: there is no program no-such-compiler on the PATH/,
    ],
    [
      'a script that was saved on Windows',
      { exec: { command: 'sh', args: ['run.sh'] } },
      { 'README.md': 'x', 'run.sh': 'echo hello\r\nexit 0\r\n' },
      /exec\.args\.0: run\.sh: its lines end as on Windows .*\n {4}sed -i 's\/\\r\$\/\/' run\.sh/,
    ],
    [
      'a module beside a program',
      { module: 'plugin.ts' },
      FILES,
      /module: an external plugin is a program, and no module of the daemon\n {4}take it out, or write "type": "native"/,
    ],
    [
      'a program that is not there',
      { exec: { command: './gone' } },
      FILES,
      /exec\.command: \.\/gone: there is no such file\n {4}put it there, or name the file that is/,
    ],
    [
      'a program of another name',
      { exec: { command: './rum.sh' } },
      FILES,
      /exec\.command: \.\/rum\.sh: there is no such file\n {4}did you mean \.\/run\.sh\?/,
    ],
    [
      'an interpreter that is misspelt',
      { exec: { command: 'bahs' } },
      FILES,
      /there is no program bahs on the PATH\n {4}did you mean bash\?/,
    ],
    [
      'a thread for what has a process',
      { isolation: 'worker' },
      FILES,
      /isolation: an external plugin has a process of its own\n {4}take it out/,
    ],
    [
      'a word that no schema has, where it says something',
      { config_schema: { properties: { limits: { items: { minimun: 1 }, description: 'x' } } } },
      FILES,
      /config_schema\.properties\.limits\.items\.minimun: JSON Schema has no such word, .*\n {4}did you mean minimum\?/,
    ],
    [
      'a word that no setting of the short form has',
      { config_schema: { limit: { typ: 'int', description: 'x' } } },
      FILES,
      /config_schema\.limit\.typ: there is no such word for a setting, .*\n {4}did you mean type\?/,
    ],
    [
      'a type that is no object’s',
      { config_schema: { type: 'objct' } },
      FILES,
      /config_schema\.type: expected one of .*; found "objct"\n {4}did you mean object\?/,
    ],
    [
      'a word in the place of a setting',
      { config_schema: { typ: 'object' } },
      FILES,
      /config_schema\.typ: expected a setting, .*; found "object"\n {4}did you mean type\?/,
    ],
    [
      'a program that is not on the PATH',
      { exec: { command: 'no-such-program' } },
      FILES,
      /there is no program no-such-program on the PATH/,
    ],
    [
      'a program without its ./',
      { exec: { command: 'run.sh' } },
      FILES,
      /PATH\n {4}"\.\/run\.sh", as it lies in the plugin’s folder/,
    ],
    [
      'a script that is not there',
      { exec: { command: 'sh', args: ['rn.sh'] } },
      FILES,
      /exec\.args\.0: there is no file rn\.sh/,
    ],
    [
      'an interpreter that is not there',
      { exec: { command: './run.sh' } },
      { ...FILES, 'run.sh': '#!/nowhere/sh\n' },
      /the interpreter in its first line does not exist/,
    ],
    [
      'a program outside of the folder',
      { exec: { command: '../run.sh' } },
      FILES,
      /lies outside of the plugin’s folder/,
    ],
    [
      'a module that is not there',
      { type: 'native', module: 'x.ts', exec: undefined },
      FILES,
      /module: there is no file x\.ts/,
    ],
    [
      'a default that does not fit its own setting',
      {
        config_schema: {
          type: 'object',
          properties: { limit: { type: 'integer', default: 'five', description: 'x' } },
        },
      },
      FILES,
      /plugin\.json:\d+:\d+: config_schema\.properties\.limit: its default does not fit it: expected a whole number, found "five"\n {4}take the default out, or write one that fits/,
    ],
    [
      'a default of the short form that does not fit',
      { config_schema: { limit: { type: 'int', default: -1, constraints: '>=0', description: 'x' } } },
      FILES,
      /config_schema\.limit: its default does not fit it: expected a number of at least 0, found -1/,
    ],
    [
      'a default in quotation marks',
      { config_schema: { limit: { type: 'int', default: '5', description: 'x' } } },
      FILES,
      /config_schema\.limit: its default does not fit it: .*\n {4}"default": 5/,
    ],
    [
      'a schema that is none',
      { config_schema: { type: 'object', properties: { a: { type: 'strnig' } } } },
      FILES,
      /plugin\.json:\d+:\d+: config_schema\.properties\.a\.type: expected one of string, .*; found "strnig"\n {4}did you mean string\?/,
    ],
    [
      'a type of another language, in the short form',
      { config_schema: { names: { type: 'str' } } },
      FILES,
      /config_schema\.names\.type: expected one of .*; found "str"\n {4}did you mean string\?/,
    ],
    [
      'a required setting that there is not',
      { config_schema: { type: 'object', properties: { limit: { type: 'integer' } }, required: ['limt'] } },
      FILES,
      /config_schema\.required: limt is required, and there is no such setting\n {4}did you mean limit\?/,
    ],
    [
      'a pattern that is none',
      { config_schema: { type: 'object', properties: { a: { type: 'string', pattern: '(' } } } },
      FILES,
      /config_schema: it is no JSON Schema: /,
    ],
  ];
  for (const [what, manifest, files, expected] of cases) {
    it(`finds ${what}`, async (test) => {
      const { code, lines } = await validate(test, manifest, files);
      assert.match(lines.join('\n'), expected);
      assert.match(lines.join('\n'), /: 1 fault(,|$)/);
      assert.equal(code, 1);
    });
  }

  it('tells the faults of what is sound beside those of what is not', async (test) => {
    const { lines } = await validate(test, {
      timeouts: 5,
      dependencies: [{ name: 'base', version: 'newest' }],
      exec: { command: './gone' },
      config_schema: { a: { type: 'intger' } },
    });
    assert.deepEqual(
      lines.flatMap((line) => /^not ok: plugin\.json:\d+:\d+: (\S+):/.exec(line)?.[1] ?? []).toSorted(),
      ['config_schema.a.type', 'dependencies.0.version', 'exec.command', 'timeouts'],
    );
  });

  it('says which of two equal keys to take out', async (test) => {
    const directory = temporaryDirectory(test);
    writeFileSync(join(directory, 'plugin.json'), '{\n  "name": "mine",\n  "name": "yours"\n}');
    const { stdout } = await runCli(['plugin', 'validate', directory]);
    assert.match(
      stdout,
      /^not ok: plugin\.json:3:3: name: the same key stands at 2:3 already\n {4}take one of the two out\n/,
    );
  });

  it('lets what each of several forms requires be a setting of all of them', async (test) => {
    const properties = { a: { type: 'string', description: 'x' }, b: { type: 'string', description: 'y' } };
    const config_schema = { properties, anyOf: [{ required: ['a'], properties: { a: {} } }, { required: ['b'] }] };
    assert.equal((await validate(test, { config_schema })).code, 0);
  });

  it('takes a program that is built when it is installed for one that is there', async (test) => {
    const build = { command: 'go', args: ['build'] };
    assert.equal((await validate(test, { exec: { command: './mine' }, build })).code, 0);
  });

  it('asks what a reviewer would ask, and is content', async (test) => {
    const { code, lines } = await validate(
      test,
      {
        license: undefined,
        timeouts: undefined,
        permissions: {
          network: ['*'],
          read: [`$\{config.limits}`, `$\{config.limit}`, '/srv/unused', '/etc/passwd'],
          write: ['/etc'],
          env: ['PGPASSWORD', 'EDITOR'],
          host: ['Host.EmitEvent', 'Host.KV.*', 'Host.Inhibit', 'Host.Kv', 'Host.Files'],
        },
        events: { 'cloud.spot.interupt': {} },
        capabilities: ['check_idle'],
        config_schema: { properties: { limit: { type: 'integer' } } },
      },
      { 'run.sh': 'echo "$EDITOR"; cat /etc/passwd; inhibit' },
    );
    assert.equal(code, 0);
    assert.deepEqual(
      lines
        .filter((line) => line.startsWith('question'))
        .map((line) => line.replace(/^question: plugin\.json:\d+:\d+: /, '')),
      [
        'license: under which license may it be used?',
        'there is no README that says what it is for',
        'timeouts: how long may a check take? (5 s where nothing is said)',
        'permissions.network: what is the network for? No file of the plugin seems to use it',
        'permissions.network.0: why does it need the whole network (*)?',
        'permissions.read.0: there is no setting limits, so this grants nothing',
        'permissions.read.2: what is /srv/unused for? No file of the plugin mentions it',
        'permissions.write.0: why may it write to /etc?',
        'permissions.env.0: what is PGPASSWORD for? No file of the plugin mentions it',
        'permissions.host.0: what is Host.EmitEvent for? No file of the plugin mentions it',
        'permissions.host.1: what is Host.KV.* for? No file of the plugin mentions it',
        'permissions.host.3: snoozed has no method Host.Kv, so this grants nothing',
        'permissions.host.4: snoozed has no method Host.Files, so this grants nothing',
        'events.cloud.spot.interupt: nothing sends events of this type',
        'capabilities: it subscribes to events and does not say that it handles them',
        'config_schema.properties.limit: what is the setting limit for?',
      ],
    );
    for (const meant of ['cloud.spot.interrupt?', 'Host.Files.*?'])
      assert.ok(lines.includes(`    did you mean ${meant}`), meant);
    assert.equal(lines.at(-2), 'ok: mine 1.0.0: 16 questions that a reviewer would ask');
  });

  it('knows every method of the host that the protocol has', () => {
    const file = new URL('../../../../plugin-sdk/protocol/messages.schema.json', import.meta.url);
    const { definitions } = JSON.parse(readFileSync(file, 'utf8')) as { definitions: object };
    const names = Object.keys(definitions).flatMap((name) => /^(Host\..*)\.params$/.exec(name)?.[1] ?? []);
    assert.deepEqual(HOST_METHODS.toSorted(), names.toSorted());
  });

  it('asks about what the sandbox hides from the program, which would find nothing there and say idle', async (test) => {
    const config_schema = { folder: { type: 'string', default: '/srv/jobs', description: 'x' } };
    const files = { ...FILES, 'run.sh': 'pgrep ffmpeg; [ -e /run/training.pid ]; ls /srv/jobs /var/log/mine' };
    const asked = async (permissions: object) =>
      (await validate(test, { ...WHOLE, config_schema, permissions }, files)).lines.flatMap(
        (line) => /permissions\.read: (does it look at .*)/.exec(line)?.[1] ?? [],
      );
    assert.deepEqual(await asked({}), [
      'does it look at /run/training.pid? Without a permission it finds nothing there',
      'does it look at /srv/jobs? Without a permission it finds nothing there',
      'does it look at /var/log/mine? Without a permission it finds nothing there',
      'does it look at processes? Without a permission it sees none but its own',
    ]);
    assert.deepEqual(await asked({ read: ['/proc', '/run', `$\{config.folder}`], write: ['/var/log/mine'] }), []);
  });

  it('gives data for programs', async (test) => {
    const directory = writePlugin(temporaryDirectory(test), { ...WHOLE, license: undefined }, FILES);
    const { code, stdout } = await runCli(['plugin', 'validate', directory, '--json']);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), {
      valid: true,
      directory,
      findings: [
        {
          kind: 'question',
          file: 'plugin.json',
          place: '1:1',
          path: 'license',
          message: 'under which license may it be used?',
          suggestion: '"license": "Apache-2.0"',
        },
      ],
    });
  });

  it('tells a folder that is none, and one without a plugin, in a line each', async (test) => {
    const directory = temporaryDirectory(test);
    for (const [folder, expected] of [
      [join(directory, 'none'), /^snooze: .*none: there is no such folder\n/],
      [directory, /^snooze: .*: there is no plugin\.json in this folder, so it is no plugin\n/],
    ] as const) {
      const { code, stdout, stderr } = await runCli(['plugin', 'validate', folder]);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, expected);
    }
  });
});
