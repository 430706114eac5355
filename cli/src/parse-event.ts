import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { SnoozeError } from '@cloudsnooze/daemon/errors';
import { parseValue } from './parse-value.ts';
import { SEVERITY_NAMES } from './render/event.ts';

type Sent = ControlMethods['events.send']['params'];

/**
 * The data of an event as typed: `key=value` each (a value is JSON where it can be), or one JSON object.
 * @throws SnoozeError SNOOZE_E_USAGE
 */
export function parseData(items: readonly string[]): Record<string, unknown> {
  const [first = '', ...rest] = items;
  if (rest.length === 0 && first.trimStart().startsWith('{')) return parseObject(first);
  return Object.fromEntries(
    items.map((item) => {
      const end = item.indexOf('=');
      if (end > 0) return [item.slice(0, end), parseValue(item.slice(end + 1))];
      throw new SnoozeError(
        'SNOOZE_E_USAGE',
        `--data: expected key=value or a JSON object, found ${JSON.stringify(item)}`,
        {
          hint: 'the type stands before it: snooze events send custom.backup --data job=nightly',
        },
      );
    }),
  );
}

/**
 * A severity by number or name.
 * @throws SnoozeError SNOOZE_E_USAGE
 */
export function parseSeverity(typed: string | undefined): Sent['severity'] {
  if (typed === undefined) return undefined;
  const found = SEVERITY_NAMES.findIndex((name, index) => typed === name || typed === String(index));
  if (found >= 0) return found as NonNullable<Sent['severity']>;
  throw new SnoozeError(
    'SNOOZE_E_USAGE',
    `--severity: expected 0 to 3 or ${SEVERITY_NAMES.join(', ')}, found ${JSON.stringify(typed)}`,
  );
}

/**
 * A deadline in seconds from now, as typed after `flag`; at most `most`.
 * @throws SnoozeError SNOOZE_E_USAGE
 */
export function parseDeadline(
  typed: string | undefined,
  flag = '--deadline',
  most = Number.MAX_VALUE,
): number | undefined {
  if (typed === undefined) return undefined;
  const seconds = typed.trim() === '' ? Number.NaN : Number(typed);
  if (seconds > 0 && seconds <= most) return seconds;
  const limit = most === Number.MAX_VALUE ? '' : ` and at most ${most}`;
  throw new SnoozeError('SNOOZE_E_USAGE', `${flag}: expected seconds over 0${limit}, found ${JSON.stringify(typed)}`);
}

function parseObject(text: string): Record<string, unknown> {
  const value = parseValue(text);
  if (typeof value === 'object' && value !== null) return { ...value };
  throw new SnoozeError('SNOOZE_E_USAGE', `--data: this is not JSON: ${text}`, {
    hint: `quote it for the shell: --data '{"job": "nightly"}'`,
  });
}
