import { createValidator } from '../../config/validator.ts';
import { SnoozeError } from '../../errors.ts';
import { isOwn } from '../../event-kind.ts';
import { ownId, type SentEvent } from '../intake.ts';
import { LARGEST_DATA_BYTES } from '../schema.ts';

/** The largest message that can hold an event: its data, and room for the rest. */
export const LARGEST_MESSAGE_BYTES = LARGEST_DATA_BYTES + 4096;

const validate = createValidator({
  type: 'object',
  additionalProperties: false,
  required: ['type'],
  properties: {
    id: { type: 'string', minLength: 1 },
    type: { type: 'string' },
    severity: { enum: [0, 1, 2, 3] },
    data: { type: 'object', default: {} },
    deadline_seconds: { type: 'number', exclusiveMinimum: 0 },
  },
});

type Message = {
  id?: string;
  type: string;
  severity?: SentEvent['severity'];
  data: Record<string, unknown>;
  deadline_seconds?: number;
};

/**
 * An event of one's own as a program sends it, in JSON: `{"type": "custom.backup", "severity": 1, "data": {…},
 * "deadline_seconds": 60, "id": "nightly-17"}`, of which only the type must be there.
 * @throws SnoozeError SNOOZE_E_EVENT_INVALID, which names what is wrong.
 */
export function parseSentEvent(text: string, source: string): SentEvent {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    throw invalid(`it is not JSON: ${(error as Error).message}`);
  }
  const [fault] = validate(message);
  if (fault !== undefined) throw invalid(fault.path === '' ? fault.message : `${fault.path}: ${fault.message}`);
  const { id, type, severity, data, deadline_seconds: deadlineSeconds } = message as Message;
  if (!isOwn(type)) throw invalid(`type: expected custom or custom.<name>, found ${JSON.stringify(type)}`);
  return {
    type,
    source,
    data,
    ...(id !== undefined && { id: ownId(source, id) }),
    ...(severity !== undefined && { severity }),
    ...(deadlineSeconds !== undefined && { deadlineSeconds }),
  };
}

function invalid(what: string): SnoozeError {
  return new SnoozeError('SNOOZE_E_EVENT_INVALID', `the event cannot be taken: ${what}`, {
    hint: 'an event is an object such as {"type": "custom.backup", "data": {"size": 5}}',
  });
}
