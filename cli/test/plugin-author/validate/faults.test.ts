import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FILES, validate } from '../../support/author.ts';

describe('snooze plugin validate', () => {
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

  it('lets what each of several forms requires be a setting of all of them', async (test) => {
    const properties = { a: { type: 'string', description: 'x' }, b: { type: 'string', description: 'y' } };
    const config_schema = { properties, anyOf: [{ required: ['a'], properties: { a: {} } }, { required: ['b'] }] };
    assert.equal((await validate(test, { config_schema })).code, 0);
  });

  it('takes a program that is built when it is installed for one that is there', async (test) => {
    const build = { command: 'go', args: ['build'] };
    assert.equal((await validate(test, { exec: { command: './mine' }, build })).code, 0);
  });
});
