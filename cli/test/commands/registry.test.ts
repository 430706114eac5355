import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { COMMANDS, NOUNS } from '../../src/commands/registry.ts';
import { parseTyped } from '../../src/program.ts';

const folder = fileURLToPath(new URL('../../src/commands', import.meta.url));

describe('the list of commands', () => {
  it('holds every file of the folder: the path is the command', () => {
    const files = globSync('**/*.ts', { cwd: folder }).filter((file) => file !== 'registry.ts');
    const listed = COMMANDS.map(({ words }) => `${words.join('/')}.ts`);
    assert.deepEqual(listed.toSorted(), files.toSorted());
  });

  it('says what each noun is about', () => {
    const nouns = COMMANDS.flatMap(({ words }) => (words.length === 2 ? [words[0]] : []));
    assert.deepEqual([...new Set(nouns)].toSorted(), Object.keys(NOUNS).toSorted());
  });
});

for (const { words, load } of COMMANDS) {
  describe(`snooze ${words.join(' ')}`, () => {
    it('has examples that its own definition accepts', async () => {
      const definition = await load();
      for (const example of definition.examples) {
        const typed = example.split(' | ')[0]?.split(' ').slice(1) ?? [];
        const found = await parseTyped(typed, 80);
        assert.equal(found.kind === 'command' && found.command, definition, example);
      }
    });

    it('explains itself with its summary and an example', async () => {
      const definition = await load();
      const help = await parseTyped([...words, '--help'], 200);
      assert.ok(help.kind === 'text' && !help.wrongUsage);
      assert.ok(help.text.includes(definition.summary));
      assert.ok(help.text.includes(`Examples:\n  ${definition.examples[0]}`));
    });
  });
}
