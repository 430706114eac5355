import { at, parseJson, textOf } from '../../cloud/json-answer.ts';
import { createValidator } from '../../config/validator.ts';

/** A lifecycle hook that an Auto Scaling group waits for. */
export type Hook = { group: string; name: string; token: string; transition: string; toWarmPool: boolean };

/** What a message of the queue tells; times in milliseconds since the Unix epoch. */
export type QueueEvent = { instanceIds: string[]; timeMs: number } & (
  | { kind: 'spot'; action: string }
  | { kind: 'rebalance' }
  | { kind: 'state'; state: string }
  | { kind: 'health'; arn: string; code: string; description: string; closed: boolean; startMs: number | null }
  | { kind: 'hook'; hook: Hook }
);

const text = { type: 'string', minLength: 1 };
const isEvent = createValidator({
  type: 'object',
  required: ['detail-type', 'time', 'detail'],
  properties: { 'detail-type': text, time: text, detail: { type: 'object' } },
});
const isHook = createValidator({
  type: 'object',
  required: [
    'AutoScalingGroupName',
    'LifecycleHookName',
    'LifecycleActionToken',
    'EC2InstanceId',
    'LifecycleTransition',
  ],
  additionalProperties: text,
  properties: { NotificationMetadata: {} },
});
const isHealth = createValidator({
  type: 'object',
  required: ['eventArn', 'service', 'eventTypeCode', 'eventTypeCategory', 'affectedEntities'],
  properties: {
    eventArn: { type: 'string', minLength: 1, maxLength: 240 },
    eventTypeCode: text,
    statusCode: { type: 'string' },
    startTime: { type: 'string' },
    affectedEntities: { type: 'array' },
  },
});

/**
 * The body of a message: an event of EventBridge (EventBridge, EC2, Health and Auto Scaling user guides).
 * @returns undefined where it is anything else, or tells nothing of an instance.
 */
export function parseQueueEvent(body: string): QueueEvent | undefined {
  const event = parseJson(body);
  if (isEvent(event).length > 0) return undefined;
  const { 'detail-type': type, time, detail } = event as { 'detail-type': string; time: string; detail: Detail };
  const timeMs = Date.parse(time);
  if (Number.isNaN(timeMs)) return undefined;
  if (type === 'AWS Health Event') return health(detail, timeMs);
  if (/^EC2 Instance-(terminate|launch) Lifecycle Action$/.test(type)) return hook(detail, timeMs);
  const { 'instance-id': instanceId, 'instance-action': action, state } = detail;
  if (typeof instanceId !== 'string') return undefined;
  const instanceIds = [instanceId];
  if (type === 'EC2 Instance Rebalance Recommendation') return { kind: 'rebalance', instanceIds, timeMs };
  if (type === 'EC2 Spot Instance Interruption Warning' && typeof action === 'string')
    return { kind: 'spot', instanceIds, timeMs, action };
  if (type === 'EC2 Instance State-change Notification' && typeof state === 'string')
    return { kind: 'state', instanceIds, timeMs, state };
  return undefined;
}

type Detail = Record<string, unknown>;

function hook(detail: Detail, timeMs: number): QueueEvent | undefined {
  if (isHook(detail).length > 0) return undefined;
  const said = detail as Record<string, string>;
  return {
    kind: 'hook',
    instanceIds: [said['EC2InstanceId'] ?? ''],
    timeMs,
    hook: {
      group: said['AutoScalingGroupName'] ?? '',
      name: said['LifecycleHookName'] ?? '',
      token: said['LifecycleActionToken'] ?? '',
      transition: said['LifecycleTransition'] ?? '',
      toWarmPool: said['Destination'] === 'WarmPool',
    },
  };
}

function health(detail: Detail, timeMs: number): QueueEvent | undefined {
  if (isHealth(detail).length > 0 || detail['service'] !== 'EC2') return undefined;
  if (detail['eventTypeCategory'] !== 'scheduledChange') return undefined;
  const startMs = Date.parse(String(detail['startTime'] ?? ''));
  const code = String(detail['eventTypeCode']);
  return {
    kind: 'health',
    // One of another host that cannot be read must not hide what concerns this one.
    instanceIds: (detail['affectedEntities'] as unknown[]).flatMap((entity) => textOf(at(entity, 'entityValue')) ?? []),
    timeMs,
    arn: String(detail['eventArn']),
    code,
    description: latestDescription(detail['eventDescription']) ?? code,
    closed: detail['statusCode'] === 'closed',
    startMs: Number.isNaN(startMs) ? null : startMs,
  };
}

function latestDescription(descriptions: unknown): string | undefined {
  const [first] = Array.isArray(descriptions) ? (descriptions as unknown[]) : [];
  return textOf(at(first, 'latestDescription'))?.slice(0, 2_000);
}
