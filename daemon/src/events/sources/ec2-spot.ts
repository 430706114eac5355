import { rfc3339 } from '../../clock.ts';
import { at, parseJson, textOf } from '../../cloud/json-answer.ts';
import type { Notice } from '../event.ts';
import { notUnderstood } from './answer.ts';
import { createDoubt } from './doubt.ts';
import { EC2_SOURCE, instanceIdOf, retryAfter, spotIncident } from './ec2.ts';
import { watchByPolling } from './poll.ts';
import { defineSource, type SourceContext } from './source.ts';

export const ACTIONS = ['terminate', 'stop', 'hibernate'] as const;
/** EC2's word that a spot host is about to be taken away. */
export type InstanceAction = { action: (typeof ACTIONS)[number]; timeMs: number };

type SpotNotice = Extract<Notice, { kind: 'notice' }> & {
  data: { action: InstanceAction['action']; time: string; instance_id: string; time_remaining_seconds: number };
};

const PATH = 'meta-data/spot/instance-action';

/** Asks the metadata service for a spot interruption. */
export const ec2Spot = defineSource({
  name: 'ec2-spot',
  title: 'EC2 spot interruption notices',
  applies: ({ identity, imds }) => imds !== null && identity !== null && identity.lifecycle !== 'on-demand',
  watch(context) {
    const { imds, config, signal, emit } = context;
    const intervalMs = () => config().spot_poll_seconds * 1000;
    let announced = announcedBefore(context);
    const doubt = createDoubt(intervalMs);
    return watchByPolling(context, {
      what: 'spot notices',
      service: imds,
      intervalMs: doubt.intervalMs,
      retryMs: retryAfter(intervalMs),
      async ask() {
        const text = await imds?.get(PATH, signal);
        if (doubt.asksAgain(text === undefined && announced !== undefined ? [announced.id] : []).size > 0)
          return 'no notice any more, and it is asked once more';
        const notice = text === undefined ? undefined : spotNotice(parseInstanceAction(text), context, announced);
        if (notice !== undefined) emit(notice);
        if (announced !== undefined && announced.id !== notice?.id) {
          const reason = notice === undefined ? 'EC2 has taken the notice back' : `EC2 now says ${notice.data.action}`;
          emit({ kind: 'canceled', id: announced.id, reason });
        }
        announced = notice;
        return notice === undefined ? 'no notice' : `EC2 says ${notice.data.action} at ${notice.data.time}`;
      },
    });
  },
});

/**
 * The body of `spot/instance-action` (EC2 user guide, "Spot Instance interruption notices").
 * @throws SnoozeError SNOOZE_E_METADATA when it is anything else.
 */
export function parseInstanceAction(text: string): InstanceAction {
  const value = parseJson(text);
  const action = ACTIONS.find((known) => known === at(value, 'action'));
  const timeMs = Date.parse(textOf(at(value, 'time')) ?? '');
  if (action === undefined || Number.isNaN(timeMs)) throw notUnderstood('the spot notice', text);
  return { action, timeMs };
}

type Announced = Pick<SpotNotice, 'id'> & { data: { time_remaining_seconds: number } };

/**
 * The id of an interruption, whoever tells of it. Never the time: it may move, and it would be another event at every
 * poll. A persistent spot host that was stopped and started again can be interrupted again: another boot, another event.
 */
export function spotEventId(
  action: InstanceAction['action'],
  context: Pick<SourceContext, 'identity' | 'bootId'>,
): string {
  return `spot-interrupt:${instanceIdOf(context)}:${action}:${context.bootId}`;
}

/** What an earlier daemon of this boot has announced and nobody has taken back. */
function announcedBefore(context: SourceContext): Announced | undefined {
  const records = ACTIONS.map((action) => context.find(spotEventId(action, context)));
  // What only the queue has told is not this source's to take back.
  const open = records.find((record) => record?.closing === null && record.event.source === EC2_SOURCE);
  return (
    open && { id: open.event.id, data: { time_remaining_seconds: Number(open.event.data['time_remaining_seconds']) } }
  );
}

/** The notice; what it said first of the time remaining stays, so that the next poll is not more news. */
function spotNotice(
  { action, timeMs }: InstanceAction,
  context: SourceContext,
  announced: Announced | undefined,
): SpotNotice {
  const time = rfc3339(timeMs);
  const id = spotEventId(action, context);
  const remainingSeconds =
    announced?.id === id
      ? announced.data.time_remaining_seconds
      : Math.max(0, Math.round((timeMs - context.clock.wallMs()) / 1000));
  return {
    kind: 'notice',
    id,
    type: 'cloud.spot.interrupt',
    source: EC2_SOURCE,
    severity: 3,
    deadline: time,
    data: {
      action,
      time,
      instance_id: instanceIdOf(context),
      time_remaining_seconds: remainingSeconds,
      incident: spotIncident(context),
      stage: 'interrupt',
    },
  };
}
