import { isPlainObject } from './difference.ts';

/** What stands for a secret where it is not a variable's. */
export const MASK = '********';

/**
 * A value as it was written, for people to read: each text that holds a variable is as it stands in `written`, with
 * the variable's name, because what the variable holds may be a password. Everything else is as in `value`.
 */
export function asWritten(value: unknown, written: unknown): unknown {
  if (written === MASK) return MASK;
  if (typeof value === 'string') return typeof written === 'string' ? written : value;
  if (Array.isArray(value)) {
    return Array.isArray(written) ? value.map((item, index) => asWritten(item, written[index])) : value;
  }
  if (!isPlainObject(value) || !isPlainObject(written)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asWritten(item, written[key])]));
}

/** A secret as it was written, for people to read: the name of the variable that it is, if it is just that. */
export function withoutSecret(written: unknown): unknown {
  const isVariable = typeof written === 'string' && /^\$\{[^{}]*\}$/.test(written);
  return isVariable || written === null || written === undefined ? written : MASK;
}

/** A value with each of its texts replaced: what a whole section that comes from one variable is shown as. */
export function withEachText(value: unknown, text: string): unknown {
  if (typeof value === 'string') return text;
  if (Array.isArray(value)) return value.map((item) => withEachText(item, text));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withEachText(item, text)]));
}
