import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fitRows, redraw } from '../../src/watch/screen.ts';

const E = '\u001b[';

describe('redrawing', () => {
  it('clears the screen the first time', () =>
    assert.equal(redraw(undefined, ['a', 'b']), `${E}2J${E}1;1Ha${E}K${E}2;1Hb${E}K`));
  it('writes the lines that have changed and no others', () =>
    assert.equal(redraw(['a', 'b', 'c'], ['a', 'x', 'c']), `${E}2;1Hx${E}K`));
  it('writes nothing where nothing has changed', () => assert.equal(redraw(['a'], ['a']), ''));
  it('takes away what is left over', () => assert.equal(redraw(['a', 'b', 'c'], ['a']), `${E}2;1H${E}J`));
  it('adds what is new', () => assert.equal(redraw(['a'], ['a', 'b']), `${E}2;1Hb${E}K`));
});

describe('a low window', () => {
  it('tells how many lines it cannot show', () => {
    assert.deepEqual(fitRows(['a', 'b', 'c'], 3), ['a', 'b', 'c']);
    assert.deepEqual(fitRows(['a', 'b', 'c', 'd'], 3), ['a', 'b', '… 2 more lines, the window is too low']);
  });
});
