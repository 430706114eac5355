import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exposition } from '../../src/watch/exposition.ts';
import { parseExposition } from './parse-exposition.ts';

const NUMBER = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(1e21, 1e-7, -0));

test('whatever stands in a label or a help text, a strict reader finds the same again', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'n', '{') }));
  fc.assert(
    fc.property(text, text, NUMBER, (help, label, value) => {
      const series = [{ labels: { a: label, b: 'x' }, value }];
      const family = parseExposition(exposition([{ name: 'm', help, type: 'gauge', series }])).get('m');
      const [[found, number] = []] = family?.samples ?? [];
      assert.deepEqual([found, number], [`a=${label},b=x`, value === 0 ? number : value]);
    }),
  );
});

test('the words are those of the format, and a metric without a series is left out', () => {
  const text = exposition([
    { name: 'none', help: 'x', type: 'gauge', series: [] },
    {
      name: 'some_total',
      help: 'a \\ and\na line',
      type: 'counter',
      series: [{ value: 3 }, { labels: { path: 'C:\\ "x"\n' }, value: Number.POSITIVE_INFINITY }],
    },
  ]);
  assert.equal(
    text,
    `# HELP some_total a \\\\ and\\na line
# TYPE some_total counter
some_total 3
some_total{path="C:\\\\ \\"x\\"\\n"} +Inf
`,
  );
});

for (const wrong of [
  'm 1',
  '# HELP m x\n# TYPE m gauge\nm{a="\n"} 1\n',
  '# HELP m x\n# TYPE m gauge\nm 1\nm 2\n',
  '# HELP m x\n# TYPE m gauge\nm{a-b="c"} 1\n',
  '# HELP m x\n# TYPE m gauge\nm Infinity\n',
  '# HELP m x\n# TYPE m gauge\n',
])
  test(`the reader of these tests refuses ${JSON.stringify(wrong)}`, () => {
    assert.throws(() => parseExposition(wrong));
  });
