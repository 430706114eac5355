import { rfc3339, sleep } from '../../clock.ts';
import { isMetadataOff } from '../../cloud/aws/imds.ts';
import { describeError, SnoozeError } from '../../errors.ts';
import type { Notice } from '../event.ts';
import { defineSource, type SourceContext, type SourceHealth } from './source.ts';

/** EC2's word that a spot host is about to be taken away. */
export type InstanceAction = { action: 'terminate' | 'stop' | 'hibernate'; timeMs: number };

type SpotNotice = Extract<Notice, { kind: 'notice' }> & {
  data: { action: InstanceAction['action']; time: string; instance_id: string; time_remaining_seconds: number };
};

const PATH = 'meta-data/spot/instance-action';
/** Metadata that is turned off stays off until somebody turns it on: at the default that is looked for once a minute. */
const OFF_FACTOR = 12;

/** Asks the metadata service for a spot interruption, on a steady beat, one poll at a time, for as long as the daemon runs. */
export const ec2Spot = defineSource({
  name: 'ec2-spot',
  title: 'EC2 spot interruption notices',
  applies: ({ identity, imds }) => imds !== null && identity !== null && identity.lifecycle !== 'on-demand',
  watch(context) {
    const { clock, log } = context;
    let health: SourceHealth = { status: 'starting', message: 'not asked yet', sinceWallMs: clock.wallMs() };
    const tell = (status: 'ok' | 'failing', message: string) => {
      if (health.status === status && health.message === message) return;
      // Once for each change of state: a service that is away for an hour is one line, not seven hundred, however many
      // ways of being away it has.
      if (health.status !== status && status === 'failing') log.warn({}, `spot notices cannot be seen: ${message}`);
      if (health.status === 'failing' && status === 'ok') log.info({}, 'spot notices can be seen again');
      health = { status, message, sinceWallMs: health.status === status ? health.sinceWallMs : clock.wallMs() };
      context.onChange();
    };
    return { ended: watch(context, tell), health: () => health };
  },
});

/**
 * The body of `spot/instance-action` (EC2 user guide, "Spot Instance interruption notices").
 * @throws SnoozeError SNOOZE_E_METADATA when it is anything else.
 */
export function parseInstanceAction(text: string): InstanceAction {
  const wrong = () =>
    new SnoozeError('SNOOZE_E_METADATA', `the spot notice is not understood: ${text.slice(0, 120).trim()}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong();
  }
  if (typeof value !== 'object' || value === null || !('action' in value) || !('time' in value)) throw wrong();
  const { action, time } = value;
  const timeMs = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if ((action !== 'terminate' && action !== 'stop' && action !== 'hibernate') || Number.isNaN(timeMs)) throw wrong();
  return { action, timeMs };
}

async function watch(context: SourceContext, tell: (status: 'ok' | 'failing', message: string) => void): Promise<void> {
  const { imds, clock, signal } = context;
  let announced: SpotNotice | undefined;
  while (!signal.aborted) {
    const startedMs = clock.bootMs();
    let intervalMs = context.pollSeconds() * 1000;
    try {
      const text = await imds?.get(PATH, signal);
      const notice = text === undefined ? undefined : spotNotice(parseInstanceAction(text), context, announced);
      tell('ok', notice === undefined ? 'no notice' : `EC2 says ${notice.data.action} at ${notice.data.time}`);
      if (notice !== undefined) context.emit(notice);
      if (announced !== undefined && announced.id !== notice?.id) {
        const reason = notice === undefined ? 'EC2 has taken the notice back' : `EC2 now says ${notice.data.action}`;
        context.emit({ kind: 'canceled', id: announced.id, reason });
      }
      announced = notice;
    } catch (error) {
      if (!signal.aborted) tell('failing', describeError(error));
      if (isMetadataOff(error)) intervalMs *= OFF_FACTOR;
    }
    // From the start of one poll to that of the next, so that a slow answer does not make a notice wait longer.
    await sleep(clock, Math.max(0, intervalMs - (clock.bootMs() - startedMs)), signal);
  }
}

/** The notice; what it said first of the time remaining stays, so that the next poll is not more news. */
function spotNotice(
  { action, timeMs }: InstanceAction,
  { identity, bootId, clock }: SourceContext,
  announced: SpotNotice | undefined,
): SpotNotice {
  const instanceId = identity?.instanceId ?? 'this-instance';
  const time = rfc3339(timeMs);
  // Never the time: it may move, and it would be another event at every poll. A persistent spot host that was
  // stopped and started again can be interrupted again: another boot, another event.
  const id = `spot-interrupt:${instanceId}:${action}:${bootId}`;
  const remainingSeconds =
    announced?.id === id
      ? announced.data.time_remaining_seconds
      : Math.max(0, Math.round((timeMs - clock.wallMs()) / 1000));
  return {
    kind: 'notice',
    id,
    type: 'cloud.spot.interrupt',
    source: 'ec2-metadata',
    severity: 3,
    deadline: time,
    data: { action, time, instance_id: instanceId, time_remaining_seconds: remainingSeconds },
  };
}
