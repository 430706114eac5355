import { rfc3339 } from '../../clock.ts';
import type { EventRecord, Notice } from '../event.ts';
import { isOffSince } from '../record.ts';
import { instanceIdOf, QUEUE_SOURCE, spotIncident } from './ec2.ts';
import { lifecycleEventId, TERMINATED } from './ec2-lifecycle.ts';
import { rebalanceEventId } from './ec2-rebalance.ts';
import { ACTIONS, spotEventId } from './ec2-spot.ts';
import { closedMaintenance, isFinal, isSameMaintenance, MAINTENANCE, openMaintenance } from './maintenance-incident.ts';
import type { QueueEvent } from './queue-events.ts';
import type { SourceContext } from './source.ts';
import { nearer, openTermination, SHUTTING_DOWN, stateEventId, withBegun } from './termination-incident.ts';

const SPOT_NOTICE_MS = 120_000;
const TERMINATION_MS = 120_000;
/** What the instance is on its way to when it is being stopped or terminated. */
const LEAVING = ['stopping', SHUTTING_DOWN];

/**
 * What a message means for this host: the same event as the metadata service's where that tells of it, too. Undefined
 * where it tells nothing that handlers could do something about, or what was before this boot.
 */
export function noticeOf(event: QueueEvent, context: SourceContext): Notice | undefined {
  const { clock } = context;
  const instance_id = instanceIdOf(context);
  // A stopped host finds on its way up what it was told on its way down.
  if (event.kind !== 'hook' && event.kind !== 'health' && event.timeMs < clock.wallMs() - clock.bootMs())
    return undefined;
  switch (event.kind) {
    case 'spot': {
      const action = ACTIONS.find((known) => known === event.action);
      if (action === undefined) return undefined;
      // Hibernation begins at once: that there are two minutes would be a promise that nobody keeps.
      const timeMs = event.timeMs + (action === 'hibernate' ? 0 : SPOT_NOTICE_MS);
      const time = rfc3339(timeMs);
      return {
        kind: 'notice',
        id: spotEventId(action, context),
        type: 'cloud.spot.interrupt',
        source: QUEUE_SOURCE,
        saidMs: event.timeMs,
        severity: 3,
        deadline: time,
        data: {
          action,
          time,
          instance_id,
          time_remaining_seconds: Math.max(0, Math.round((timeMs - clock.wallMs()) / 1000)),
          incident: spotIncident(context),
          stage: 'interrupt',
        },
      };
    }
    case 'rebalance':
      return {
        kind: 'notice',
        id: rebalanceEventId(context),
        type: 'cloud.instance.rebalance',
        source: QUEUE_SOURCE,
        deadline: null,
        data: {
          notice_time: rfc3339(event.timeMs),
          instance_id,
          incident: spotIncident(context),
          stage: 'rebalance',
        },
      };
    case 'state':
      return LEAVING.includes(event.state) ? stateNotice(event, context) : undefined;
    case 'health':
      return healthNotice(event, context);
    case 'hook':
      return hookNotice(event, context);
  }
}

/** That the instance is ended is what its group, or a lifecycle hook, may have told of: then the nearer time holds. */
function stateNotice({ state, timeMs }: Extract<QueueEvent, { kind: 'state' }>, context: SourceContext): Notice {
  const known = state === SHUTTING_DOWN ? openTermination(context) : undefined;
  return {
    kind: 'notice',
    id: known?.id ?? stateEventId(state, context),
    type: 'cloud.instance.termination',
    source: QUEUE_SOURCE,
    deadline: known ? nearer(rfc3339(timeMs + TERMINATION_MS), known.deadline) : null,
    data: { state, instance_id: instanceIdOf(context), stage: state },
  };
}

/**
 * The event that the metadata service has told of, or that an earlier message has begun, where there is one; also where
 * it was off, or over, by the time of the message, which comes late then, or a person has said that it is off.
 */
function healthNotice(event: Extract<QueueEvent, { kind: 'health' }>, context: SourceContext): Notice {
  const { arn, code, description, closed, startMs, timeMs: saidMs } = event;
  const isTold = ({ event: { data } }: EventRecord) => data['health_arn'] === arn;
  const isSame = (record: EventRecord) => isSameMaintenance(record, { code, notBeforeMs: startMs });
  const open = openMaintenance(context);
  const known =
    open.find(isTold) ??
    open.find(isSame) ??
    closedMaintenance(context).find(
      (record) =>
        (isOffSince(record, saidMs) && (isTold(record) || isSame(record))) ||
        (record.closing?.by === 'user' && isSame(record)),
    );
  const id = known?.event.id ?? `health:${arn}`;
  if (closed) {
    const canceled = startMs !== null && startMs > context.clock.wallMs();
    const reason = 'AWS Health has closed the event';
    return { kind: canceled ? 'canceled' : 'ended', id, reason, by: QUEUE_SOURCE, at: rfc3339(saidMs) };
  }
  // What the metadata service tells is more exact; that Health tells it, too, says what its end will be the end of.
  if (known !== undefined && known.event.data['event_id'] !== arn) {
    const { type, source, deadline, data } = known.event;
    return { kind: 'notice', id, type, source, deadline, data: { ...data, health_arn: arn }, saidMs };
  }
  const deadline = startMs === null ? null : rfc3339(startMs);
  return {
    kind: 'notice',
    id,
    type: MAINTENANCE,
    source: QUEUE_SOURCE,
    severity: isFinal(code) ? 3 : 2,
    deadline,
    saidMs,
    data: {
      event_id: arn,
      health_arn: arn,
      code,
      description,
      not_before: deadline,
      instance_id: instanceIdOf(context),
      stage: 'scheduled',
    },
  };
}

function hookNotice({ hook, timeMs }: Extract<QueueEvent, { kind: 'hook' }>, context: SourceContext): Notice {
  const terminates = hook.transition === 'autoscaling:EC2_INSTANCE_TERMINATING';
  // Where the group wants it in its warm pool, the metadata service has a name for it that is not told here.
  const isTold = terminates && !hook.toWarmPool;
  const id = isTold ? lifecycleEventId(TERMINATED, context) : `lifecycle-hook:${hook.token}`;
  const heldUntil = rfc3339(timeMs + context.config().sources.queue.hook_minutes * 60_000);
  const { deadline, stage } = withBegun(heldUntil, context.find(id)?.event);
  return {
    kind: 'notice',
    id,
    type: isTold ? 'cloud.instance.termination' : 'cloud.autoscaling.scale',
    source: QUEUE_SOURCE,
    deadline,
    data: {
      ...(isTold && { target_state: TERMINATED }),
      transition: hook.transition,
      lifecycle_hook: hook.name,
      auto_scaling_group: hook.group,
      instance_id: instanceIdOf(context),
      stage,
    },
  };
}
