import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fields, table } from '../../src/render/table.ts';
import { PIPE, TERMINAL } from '../support/golden.ts';

const columns = [{ title: 'NAME' }, { title: 'N', align: 'right' as const }, { title: 'WHY' }];

describe('a table', () => {
  it('makes each column as wide as its widest cell, and leaves no blanks at the end', () => {
    const rows = [
      ['a', '1', 'short'],
      ['longer', '1000', ''],
    ];
    assert.deepEqual(table(columns, rows, { width: 80, style: PIPE }), [
      'NAME       N  WHY',
      'a          1  short',
      'longer  1000',
    ]);
  });

  it('cuts the last column at the width', () => {
    const lines = table(columns, [['a', '1', 'a very long reason indeed']], { width: 20, style: PIPE });
    assert.deepEqual(lines, ['NAME  N  WHY', 'a     1  a very lon…']);
  });

  it('leaves out a column without any text', () => {
    assert.deepEqual(table(columns, [['a', '', 'b']], { width: 80, style: PIPE }), ['NAME  WHY', 'a     b']);
  });

  it('leaves out spare columns, from the right, where the window is narrow', () => {
    const spare = [
      { title: 'A' },
      { title: 'BBBB', spare: true as const },
      { title: 'CCCC', spare: true as const },
      { title: 'D' },
    ];
    const heads = [20, 13, 8, 3].map((width) => table(spare, [['a', 'b', 'c', 'd']], { width, style: PIPE })[0]);
    assert.deepEqual(heads, ['A  BBBB  CCCC  D', 'A  BBBB  D', 'A  D', 'A  D']);
  });

  it('does not let colours push the columns about', () => {
    const rows = [[{ text: 'a', colour: 'red' as const }, '1', 'b']];
    const [, line = ''] = table(columns, rows, { width: 80, style: TERMINAL });
    assert.equal(line, '\u001b[31ma\u001b[39m     1  b');
  });

  it('keeps what a plugin says on its line', () => {
    const [, line] = table(columns, [['a', '1', 'x\n\u001b[31my']], { width: 80, style: PIPE });
    assert.equal(line, 'a     1  x [31my');
  });
});

describe('fields', () => {
  it('stand in one column, those without a text left out', () => {
    assert.deepEqual(
      fields(
        [
          ['id', '7'],
          ['nothing', ''],
          ['folder', '/x'],
        ],
        PIPE,
      ),
      ['  id      7', '  folder  /x'],
    );
  });
});
