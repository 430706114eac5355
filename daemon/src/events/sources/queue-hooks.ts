import { sleep } from '../../clock.ts';
import type { QueueLink } from '../../cloud/aws/queue.ts';
import { describeError } from '../../errors.ts';
import type { EventRecord } from '../event.ts';
import { type Held, openHeldHooks } from './held-hooks.ts';
import type { SourceContext } from './source.ts';

export type Hooks = {
  /** Holds a hook until its event's handlers are done; told of again, it only takes the newer handle. */
  hold(held: Held): void;
  count(): number;
  settled(): Promise<void>;
};

/** The shortest that a group can be made to wait is 30 seconds. */
const HEARTBEAT_MS = 15_000;
const LOOK_MS = 500;
const HIDDEN_SECONDS = 60;

/**
 * Keeps Auto Scaling waiting while handlers run, then says how it went. What a daemon that was killed has held is held
 * from the start; the message stays in the queue until then, too.
 */
export function createHooks(
  { clock, find, log, signal, identity, stateDirectory }: SourceContext,
  call: QueueLink['call'],
  QueueUrl: string,
): Hooks {
  const onDisk = openHeldHooks(stateDirectory);
  const held = new Map<string, Held>();
  const running = new Set<Promise<void>>();

  const actionOf = ({ hook }: Held) => ({
    AutoScalingGroupName: hook.group,
    LifecycleHookName: hook.name,
    LifecycleActionToken: hook.token,
    InstanceId: identity?.instanceId,
  });
  const beat = async (one: Held) => {
    const input = { QueueUrl, ReceiptHandle: one.handle, VisibilityTimeout: HIDDEN_SECONDS };
    const hidden = call({ operation: 'ChangeMessageVisibility', input }).catch(() => {}); // it only comes again
    await call({ operation: 'RecordLifecycleActionHeartbeat', input: actionOf(one) });
    await hidden;
  };
  const complete = async (one: Held, LifecycleActionResult: 'CONTINUE' | 'ABANDON') => {
    await call({ operation: 'CompleteLifecycleAction', input: { ...actionOf(one), LifecycleActionResult } });
    log.info({ event: one.eventId }, `the lifecycle hook ${one.hook.name} was completed: ${LifecycleActionResult}`);
  };
  /** Should it fail, the message comes again, and the hook is found to be over. */
  const remove = ({ handle: ReceiptHandle }: Held) =>
    call({ operation: 'DeleteMessage', input: { QueueUrl, ReceiptHandle } }).catch(() => {});

  const keep = async (one: Held) => {
    const { name } = one.hook;
    let dueBootMs = Number.NEGATIVE_INFINITY;
    let wasDone = false;
    let isSaid = false;
    for (; !signal.aborted; await sleep(clock, LOOK_MS, signal)) {
      const result = resultOf(find(one.eventId));
      // As soon as the handlers are done, else on the beat.
      if (clock.bootMs() < dueBootMs && (result === undefined || wasDone)) continue;
      dueBootMs = clock.bootMs() + HEARTBEAT_MS;
      wasDone = result !== undefined;
      try {
        if (result === undefined) {
          await beat(one);
          continue;
        }
        if (result === 'LEAVE')
          log.info({ event: one.eventId }, `the lifecycle hook ${name} is left to others: no plugin took it up`);
        else await complete(one, result);
      } catch (error) {
        const message = describeError(error);
        if (!/ValidationError/.test(message)) {
          if (!isSaid && !signal.aborted) log.warn({ event: one.eventId }, `the lifecycle hook ${name}: ${message}`);
          isSaid = true;
          continue;
        }
        log.info({ event: one.eventId }, `the lifecycle hook ${name} does not wait any more`);
      }
      await remove(one);
      held.delete(one.hook.token);
      onDisk.write([...held.values()]);
      return;
    }
  };
  const hold = (one: Held) => {
    const known = held.get(one.hook.token);
    if (known !== undefined) known.handle = one.handle;
    else held.set(one.hook.token, one);
    onDisk.write([...held.values()]);
    if (known !== undefined) return;
    const kept = keep(one).finally(() => running.delete(kept));
    running.add(kept);
  };
  // An image that is made of a host takes its hooks along.
  const isOurs = ({ eventId }: Held) => find(eventId)?.event.data['instance_id'] === identity?.instanceId;
  for (const one of onDisk.read().filter(isOurs)) hold(one);
  return {
    hold,
    count: () => held.size,
    async settled() {
      await Promise.all(running);
    },
  };
}

/**
 * How the handlers have done, once they have; to abandon spares the group waiting for what failed. A hook that none of
 * them took up may be somebody else's: to complete it would end the host under their hands. Pure.
 */
export function resultOf(record: EventRecord | undefined): 'CONTINUE' | 'ABANDON' | 'LEAVE' | undefined {
  if (record === undefined || !['done', 'canceled', 'ended', 'overdue'].includes(record.state)) return undefined;
  const outcomes = record.outcomes.filter(({ stage }) => !stage);
  if (record.state === 'overdue' || outcomes.some(({ status }) => status === 'failed' || status === 'timed-out'))
    return 'ABANDON';
  return outcomes.some(({ startedAt }) => startedAt !== null) ? 'CONTINUE' : 'LEAVE';
}
