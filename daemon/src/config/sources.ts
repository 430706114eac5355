import type { LoadedConfig } from './config.ts';
import { isPlainObject } from './difference.ts';

type Origin = LoadedConfig['origins'][string];

/** Who has set which key, last. */
export type Sources = {
  origins: Record<string, Origin>;
  /** Notes that a key's value, whole sections of it too, comes from a variable or a flag now. */
  override(key: string, value: unknown, by: { origin: Exclude<Origin, 'file'>; name: string }): void;
  /** The variable or the flag that has set a key, or a list or section it is in; undefined where it is the file's. */
  nameOf(key: string): string | undefined;
  /** Whether the key is set anywhere: its value is no default. */
  isSet(key: string): boolean;
};

/** Begins with everything being the file's. */
export function createSources(fromFile: Record<string, unknown>): Sources {
  const origins: Record<string, Origin> = Object.fromEntries(leafKeys(fromFile).map((key) => [key, 'file']));
  const names = new Map<string, string>();
  return {
    origins,
    override(key, value, { origin, name }) {
      for (const inside of Object.keys(origins)) if (inside.startsWith(`${key}.`)) delete origins[inside];
      for (const leaf of leafKeys({ [key]: value })) origins[leaf] = origin;
      names.set(key, name);
    },
    nameOf(key) {
      const words = key.split('.');
      for (let length = words.length; length > 0; length--) {
        const name = names.get(words.slice(0, length).join('.'));
        if (name !== undefined) return name;
      }
      return undefined;
    },
    isSet: (key) => Object.hasOwn(origins, key),
  };
}

/**
 * Sets a value at a dotted key, making the sections on the way.
 * @returns false, with nothing changed, where the file has something else in a section's place.
 */
export function setAt(target: Record<string, unknown>, key: string, value: unknown): boolean {
  const [first = '', ...rest] = key.split('.');
  if (rest.length === 0) {
    target[first] = value;
    return true;
  }
  const section = Object.hasOwn(target, first) ? target[first] : {};
  if (!isPlainObject(section)) return false;
  target[first] = section;
  return setAt(section, rest.join('.'), value);
}

/** How the flag of a key is typed: `--log-level` for `logging.level`. */
export function flagFor(key: string): string {
  return `--${key.replace('logging.', 'log-').replaceAll(/[._]/g, '-')}`;
}

function leafKeys(value: Record<string, unknown>, prefix = ''): string[] {
  return Object.entries(value).flatMap(([name, item]) => {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    return isPlainObject(item) && Object.keys(item).length > 0 ? leafKeys(item, key) : [key];
  });
}
