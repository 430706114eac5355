import type { Notice } from '../event.ts';
import { notUnderstood } from './answer.ts';
import { createDoubt } from './doubt.ts';
import { CALM_INTERVAL_MS, EC2_SOURCE, instanceIdOf, retryAfter } from './ec2.ts';
import { watchByPolling } from './poll.ts';
import { defineSource, type SourceContext } from './source.ts';
import { openTermination, withBegun } from './termination-incident.ts';

const PATH = 'meta-data/autoscaling/target-lifecycle-state';
/** The state of a member that is at work: nothing is going to happen. */
const AT_WORK = 'InService';
export const TERMINATED = 'Terminated';

/** Asks the metadata service what this host's Auto Scaling group is about to do with it. */
export const ec2Lifecycle = defineSource({
  name: 'ec2-lifecycle',
  title: 'Auto Scaling target lifecycle state',
  applies: ({ identity, imds }) => imds !== null && identity !== null,
  watch(context) {
    const { imds, signal, emit } = context;
    let told = toldBefore(context);
    const doubt = createDoubt(() => CALM_INTERVAL_MS);
    return watchByPolling(context, {
      what: 'the Auto Scaling lifecycle state',
      service: imds,
      intervalMs: doubt.intervalMs,
      retryMs: retryAfter(() => CALM_INTERVAL_MS),
      async ask() {
        const text = await imds?.get(PATH, signal);
        if (doubt.asksAgain(text === undefined && told !== undefined ? [told.id] : []).size > 0)
          return 'not in a group any more, and it is asked once more';
        const state = text === undefined ? undefined : parseLifecycleState(text);
        if (told !== undefined && told.state !== state) {
          emit({ kind: 'ended', id: told.id, reason: `the group now wants it ${state ?? 'nowhere'}` });
          told = undefined;
        }
        if (state === undefined) return 'not in a group';
        if (state === AT_WORK) return 'in service';
        told ??= { state, id: lifecycleEventId(state, context) };
        emit(lifecycleNotice(told, context));
        return `the group wants it ${state}`;
      },
    });
  },
});

/**
 * The body of `autoscaling/target-lifecycle-state` (Auto Scaling user guide, "Retrieve the target lifecycle state"):
 * one word, such as `InService`, `Terminated` or `Warmed:Stopped`.
 * @throws SnoozeError SNOOZE_E_METADATA when it is anything else.
 */
export function parseLifecycleState(text: string): string {
  const state = text.trim();
  if (!/^[A-Z][A-Za-z]{2,31}(:[A-Z][A-Za-z]{2,31})?$/.test(state)) throw notUnderstood('the lifecycle state', text);
  return state;
}

/** The transition that an earlier daemon of this boot has told and nobody has ended: the group may want another now. */
function toldBefore({ open, bootId, ...context }: SourceContext): Transition | undefined {
  const prefix = `lifecycle:${instanceIdOf(context)}:${bootId}:`;
  const record = open(EC2_SOURCE).find(({ event }) => event.id.startsWith(prefix));
  return record && { state: String(record.event.data['target_state']), id: record.event.id };
}

type Transition = { state: string; id: string };

/** The id of a transition, whoever tells of it. A group may want the same again: then it is another event. One that no earlier run has ended is the same. */
export function lifecycleEventId(state: string, context: SourceContext): string {
  const { bootId, find } = context;
  const known = state === TERMINATED ? openTermination(context)?.id : undefined;
  if (known !== undefined) return known;
  const id = (turn: number) => `lifecycle:${instanceIdOf(context)}:${bootId}:${state}:${turn}`;
  let turn = 1;
  while (find(id(turn))?.closing) turn += 1;
  return id(turn);
}

function lifecycleNotice({ state, id }: Transition, context: SourceContext): Notice {
  return {
    kind: 'notice',
    id,
    type: state === TERMINATED ? 'cloud.instance.termination' : 'cloud.autoscaling.scale',
    source: EC2_SOURCE,
    deadline: null,
    data: {
      target_state: state,
      instance_id: instanceIdOf(context),
      stage: withBegun(null, context.find(id)?.event).stage,
    },
  };
}
