import { rfc3339, sleep } from '../../clock.ts';
import { messageOf, SnoozeError } from '../../errors.ts';
import type { Notice } from '../event.ts';
import { defineSource, type SourceContext, type SourceHealth } from './source.ts';

/** EC2's word that a spot host is about to be taken away. */
export type InstanceAction = { action: 'terminate' | 'stop' | 'hibernate'; timeMs: number };

const PATH = 'meta-data/spot/instance-action';

/** Asks the metadata service for a spot interruption, on a steady beat, for as long as the daemon runs. */
export const ec2Spot = defineSource({
  name: 'ec2-spot',
  title: 'EC2 spot interruption notices',
  applies: ({ identity, imds }) => imds !== null && identity !== null && identity.lifecycle !== 'on-demand',
  watch(context) {
    const { clock } = context;
    let health: SourceHealth = { status: 'starting', message: 'not asked yet', sinceWallMs: clock.wallMs() };
    const tell = (status: 'ok' | 'failing', message: string) => {
      // Once for each change of state: a service that is away for an hour is one line, not seven hundred.
      if (health.status === status && (status === 'ok' || health.message === message)) return;
      if (status === 'failing') context.log.warn({}, `spot notices cannot be seen: ${message}`);
      else if (health.status === 'failing') context.log.info({}, 'spot notices can be seen again');
      health = { status, message, sinceWallMs: clock.wallMs() };
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
  const { clock, signal } = context;
  let announced: string | undefined;
  while (!signal.aborted) {
    const startedMs = clock.bootMs();
    try {
      const notice = await ask(context);
      tell('ok', notice === undefined ? 'no notice' : 'a notice is there');
      if (notice !== undefined) context.emit(notice);
      else if (announced !== undefined)
        context.emit({ kind: 'canceled', id: announced, reason: 'EC2 has taken the notice back' });
      announced = notice?.id;
    } catch (error) {
      if (!signal.aborted) tell('failing', messageOf(error));
    }
    await sleep(clock, Math.max(0, context.pollSeconds() * 1000 - (clock.bootMs() - startedMs)), signal);
  }
}

async function ask({
  imds,
  identity,
  bootId,
  clock,
  signal,
}: SourceContext): Promise<Extract<Notice, { kind: 'notice' }> | undefined> {
  const text = await imds?.get(PATH, signal);
  if (text === undefined) return undefined;
  const { action, timeMs } = parseInstanceAction(text);
  const instanceId = identity?.instanceId ?? 'this-instance';
  return {
    kind: 'notice',
    // Never the time: it may move, and it would be another event at every poll. A persistent spot host that was
    // stopped and started again can be interrupted again: another boot, another event.
    id: `spot-interrupt:${instanceId}:${action}:${bootId}`,
    type: 'cloud.spot.interrupt',
    source: 'ec2-metadata',
    severity: 3,
    deadline: rfc3339(timeMs),
    data: {
      action,
      time: rfc3339(timeMs),
      instance_id: instanceId,
      time_remaining_seconds: Math.max(0, Math.round((timeMs - clock.wallMs()) / 1000)),
    },
  };
}
