import { createValidator } from '../config/validator.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { SnoozeEvent } from './event.ts';

/** The most that an event may carry, as JSON in UTF-8. */
export const LARGEST_DATA_BYTES = 64 * 1024;

const LONGEST_SECONDS = 366 * 86_400;

const validate = createValidator({
  type: 'object',
  properties: {
    id: { type: 'string', minLength: 1, maxLength: 256 },
    type: { type: 'string' },
    source: { type: 'string', minLength: 1, maxLength: 256 },
    severity: { enum: [0, 1, 2, 3] },
    deadline: {
      type: ['string', 'null'],
      pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`,
      description: 'a time such as 2026-11-20T08:22:00Z',
    },
    data: { type: 'object' },
  },
  required: ['id', 'type', 'source', 'severity', 'deadline', 'data'],
});

/**
 * Checks what is about to become an event, whoever it comes from; its type is the catalog's affair.
 * @throws SnoozeError SNOOZE_E_EVENT_INVALID naming the type, the field, what was expected and found.
 */
export function checkEvent(event: Omit<SnoozeEvent, 'timestamp'>): void {
  const [fault] = validate(event);
  if (fault !== undefined) throw invalid(event.type, `${fault.path}: ${fault.message}`);
  if (event.deadline !== null && Number.isNaN(Date.parse(event.deadline)))
    throw invalid(event.type, `deadline: expected a time that there is, found ${JSON.stringify(event.deadline)}`);
  checkData(event);
}

/**
 * Checks how many seconds from now a deadline may be.
 * @throws SnoozeError SNOOZE_E_EVENT_INVALID
 */
export function checkDeadlineSeconds(type: string, seconds: number): void {
  if (seconds > 0 && seconds <= LONGEST_SECONDS) return;
  throw invalid(type, `the deadline: expected more than 0 and at most ${LONGEST_SECONDS} seconds, found ${seconds}`);
}

function checkData({ type, data }: Pick<SnoozeEvent, 'type' | 'data'>): void {
  let bytes: number;
  try {
    bytes = Buffer.byteLength(JSON.stringify(data));
  } catch (error) {
    throw invalid(type, `data: cannot be written as JSON: ${messageOf(error)}`);
  }
  if (bytes > LARGEST_DATA_BYTES)
    throw invalid(type, `data: has ${bytes} bytes, at most ${LARGEST_DATA_BYTES} are possible`);
}

function invalid(type: string, what: string): SnoozeError {
  return new SnoozeError('SNOOZE_E_EVENT_INVALID', `${type}: ${what}`);
}
