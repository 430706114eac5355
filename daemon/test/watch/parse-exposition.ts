/** A metric as it was read: its samples by the text of their labels, as `a=b,c=d` in order of the names. */
export type ParsedFamily = { type: string; help: string; samples: Map<string, number> };

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const HELP = new RegExp(`^# HELP (${NAME}) (.*)$`, 's');
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|untyped)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`, 's');
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\\\|\\"|\\n)*)"(?:,|$)/;
const NUMBER = /^([+-]Inf|NaN|[+-]?\d+(\.\d+)?(e[+-]?\d+)?)$/;

/** Reads the text format 0.0.4 and takes nothing that Prometheus might not; throws with the line that is wrong. */
export function parseExposition(text: string): Map<string, ParsedFamily> {
  const families = new Map<string, ParsedFamily>();
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  let current: [name: string, family: ParsedFamily] | undefined;
  let help: [name: string, text: string] | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const fail = (why: string) => new Error(`${why}: ${JSON.stringify(line)}`);
    const helped = HELP.exec(line);
    const typed = TYPE.exec(line);
    const sample = SAMPLE.exec(line);
    if (helped) {
      if (/\\(?![\\n])/.test(helped[2]?.replaceAll('\\\\', '') ?? '')) throw fail('a wrong escape');
      help = [helped[1] ?? '', helped[2] ?? ''];
    } else if (typed) {
      const [, name = '', type = ''] = typed;
      if (help?.[0] !== name || families.has(name)) throw fail('a TYPE without its HELP, or a second one');
      current = [name, { type, help: help[1], samples: new Map() }];
      families.set(...current);
    } else if (sample) {
      if (current === undefined) throw fail('a sample before any TYPE');
      const [, name, labels = '', value = ''] = sample;
      if (current[0] !== name) throw fail('a sample outside of its family');
      if (!NUMBER.test(value)) throw fail('no number');
      const key = labelsIn(labels, fail);
      if (current[1].samples.has(key)) throw fail('the same series twice');
      current[1].samples.set(key, value.endsWith('Inf') ? Number(`${value}inity`) : Number(value));
    } else throw fail('neither a comment nor a sample');
  }
  for (const [name, { samples }] of families) if (samples.size === 0) throw new Error(`${name} has no sample`);
  return families;
}

function labelsIn(text: string, fail: (why: string) => Error): string {
  const labels = new Map<string, string>();
  let rest = text;
  while (rest !== '') {
    const [whole, name = '', value = ''] = LABEL.exec(rest) ?? [];
    if (whole === undefined || name.startsWith('__') || labels.has(name)) throw fail('a wrong label');
    labels.set(
      name,
      value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
    );
    rest = rest.slice(whole.length);
  }
  return [...labels]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}
