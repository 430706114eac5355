import { isPlainObject } from './difference.ts';

/** Sections whose keys are event types, which have dots themselves. */
const EVENT_SECTION = /^(events\.types|plugins\.plugin_configs\.[^.]+\.events)$/;

/** The value at a dotted key, or undefined; a key on the way may have dots itself (event types do). */
export function valueAt(value: unknown, key: string): unknown {
  return find(value, key.split('.'))?.value;
}

/**
 * The steps to a dotted key that is to get a value: along what is there as far as it goes, and behind that one step for
 * each word. An event type is one step whole; the last word behind it is its setting, unless it gets a whole section.
 */
export function pathOfKey(value: unknown, key: string, next: unknown): (string | number)[] {
  const words = key.split('.');
  const found = find(value, words);
  if (found !== undefined) return found.path;
  const section = words.findIndex((_, index) => EVENT_SECTION.test(words.slice(0, index).join('.')));
  if (section > 0 && isPlainObject(next)) return [...words.slice(0, section), words.slice(section).join('.')];
  if (section > 0 && words.length - section > 1) {
    return [...words.slice(0, section), words.slice(section, -1).join('.'), ...words.slice(-1)];
  }
  for (let length = words.length - 1; length > 0; length--) {
    const above = find(value, words.slice(0, length));
    if (above !== undefined) return [...above.path, ...words.slice(length)];
  }
  return words;
}

/** What is meant by `events.TYPE.…`, as a person says it: `events.types.TYPE.…`; undefined where it is another key. */
export function typeKey(key: string): string | undefined {
  return /^events\.(cloud|system|custom)(\.|$)/.test(key) ? key.replace('events.', 'events.types.') : undefined;
}

type Found = { value: unknown; path: (string | number)[] };

function find(value: unknown, words: readonly string[]): Found | undefined {
  if (words.length === 0) return { value, path: [] };
  for (let length = 1; length <= words.length; length++) {
    const step = stepInto(value, words.slice(0, length).join('.'));
    const found = step && find(step.value, words.slice(length));
    if (step && found) return { value: found.value, path: [step.name, ...found.path] };
  }
  return undefined;
}

function stepInto(value: unknown, name: string): { name: string | number; value: unknown } | undefined {
  if (Array.isArray(value)) {
    return /^\d+$/.test(name) && Number(name) < value.length
      ? { name: Number(name), value: value[Number(name)] as unknown }
      : undefined;
  }
  return isPlainObject(value) && Object.hasOwn(value, name) ? { name, value: value[name] } : undefined;
}
