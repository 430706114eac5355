import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clean, cut, displayWidth, pad, wrap } from '../../src/render/text.ts';

describe('text from outside', () => {
  it('can neither colour the screen nor move the cursor nor make lines', () => {
    assert.equal(clean('\u001b[2J\u001b[31mred\r\nnext\u009b1A\u0007'), '[2J [31mred next 1A');
    assert.equal(clean('a\u2028b'), 'a b');
    assert.equal(clean('x\u202egnp.exe   enforced\u00a0none'), 'x gnp.exe enforced none');
  });
  it('stays as it is otherwise', () => assert.equal(clean('5 of 7 clients – größer'), '5 of 7 clients – größer'));
});

describe('width', () => {
  it('counts columns, not characters', () => {
    assert.equal(displayWidth('abc'), 3);
    assert.equal(displayWidth('größe'), 5);
    assert.equal(displayWidth('e\u0301'), 1);
    assert.equal(displayWidth('日本'), 4);
    assert.equal(displayWidth('👩‍💻'), 2);
  });
  it('cuts and pads by columns', () => {
    assert.equal(cut('abcdef', 6), 'abcdef');
    assert.equal(cut('abcdef', 4), 'abc…');
    assert.equal(cut('ab cdef', 4), 'ab…');
    assert.equal(cut('日本語', 4), '日…');
    assert.equal(cut('abc', 0), '');
    assert.equal(pad('日本', 6), '日本  ');
    assert.equal(pad('7', 3, 'right'), '  7');
    assert.equal(pad('long', 2), 'long');
  });
});

describe('wrapping', () => {
  it('breaks between words and indents what follows', () => {
    assert.deepEqual(wrap('one two three four', 10, 2), ['one two', '  three', '  four']);
  });
  it('uses the whole width', () => assert.deepEqual(wrap('12345 7890 x', 10), ['12345 7890', 'x']));
  it('cuts a word that no line can hold', () => assert.deepEqual(wrap('a abcdefghijkl b', 6), ['a', 'abcde…', 'b']));
  it('makes one empty line of nothing', () => assert.deepEqual(wrap('  ', 10), ['']));
});
