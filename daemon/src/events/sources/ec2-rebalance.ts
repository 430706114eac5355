import { at, parseJson, textOf } from '../../cloud/json-answer.ts';
import { notUnderstood } from './answer.ts';
import { createDoubt } from './doubt.ts';
import { CALM_INTERVAL_MS, EC2_SOURCE, instanceIdOf, retryAfter, spotIncident } from './ec2.ts';
import { watchByPolling } from './poll.ts';
import { defineSource, type SourceContext } from './source.ts';

const PATH = 'meta-data/events/recommendations/rebalance';

/** Asks the metadata service whether EC2 thinks that this spot host is likely to be taken away soon. */
export const ec2Rebalance = defineSource({
  name: 'ec2-rebalance',
  title: 'EC2 rebalance recommendations',
  applies: ({ identity, imds }) => imds !== null && identity !== null && identity.lifecycle !== 'on-demand',
  watch(context) {
    const { imds, signal, emit, find } = context;
    const instanceId = instanceIdOf(context);
    const id = rebalanceEventId(context);
    const doubt = createDoubt(() => CALM_INTERVAL_MS);
    return watchByPolling(context, {
      what: 'rebalance recommendations',
      service: imds,
      intervalMs: doubt.intervalMs,
      retryMs: retryAfter(() => CALM_INTERVAL_MS),
      async ask() {
        const text = await imds?.get(PATH, signal);
        const known = find(id);
        // What only the queue has told may not be here yet.
        const isMissed = text === undefined && known?.closing === null && known.event.source === EC2_SOURCE;
        if (doubt.asksAgain(isMissed ? [id] : []).size > 0)
          return 'no recommendation any more, and it is asked once more';
        if (isMissed) emit({ kind: 'ended', id, reason: 'EC2 does not recommend it any more', by: EC2_SOURCE });
        if (text === undefined) return 'no recommendation';
        const noticeTime = parseRebalance(text);
        emit({
          kind: 'notice',
          id,
          type: 'cloud.instance.rebalance',
          source: EC2_SOURCE,
          deadline: null,
          data: {
            notice_time: known?.closing === null ? known.event.data['notice_time'] : noticeTime,
            instance_id: instanceId,
            incident: spotIncident(context),
            stage: 'rebalance',
          },
        });
        return `EC2 has recommended a rebalance at ${noticeTime}`;
      },
    });
  },
});

/** The id of a rebalance recommendation, whoever tells of it. */
export function rebalanceEventId(context: Pick<SourceContext, 'identity' | 'bootId'>): string {
  return `rebalance:${instanceIdOf(context)}:${context.bootId}`;
}

/**
 * The body of `events/recommendations/rebalance` (EC2 user guide, "EC2 instance rebalance recommendations").
 * @returns the time of the notice, RFC 3339.
 * @throws SnoozeError SNOOZE_E_METADATA when it is anything else.
 */
export function parseRebalance(text: string): string {
  const time = textOf(at(parseJson(text), 'noticeTime'));
  if (time === undefined || Number.isNaN(Date.parse(time))) throw notUnderstood('the rebalance recommendation', text);
  return time;
}
