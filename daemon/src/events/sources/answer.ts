import { SnoozeError } from '../../errors.ts';

/**
 * What a metadata service answered, as JSON.
 * @throws SnoozeError SNOOZE_E_METADATA where the text is anything else.
 */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notUnderstood(what, text);
  }
}

/** The error of an answer that is not what it should be. */
export function notUnderstood(what: string, text: string): SnoozeError {
  return new SnoozeError('SNOOZE_E_METADATA', `${what} is not understood: ${text.slice(0, 120).trim()}`);
}
