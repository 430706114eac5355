import { openQueue } from '../../cloud/aws/queue.ts';
import { at } from '../../cloud/json-answer.ts';
import type { Notice } from '../event.ts';
import { instanceIdOf } from './ec2.ts';
import { watchByPolling } from './poll.ts';
import { parseQueueEvent, type QueueEvent } from './queue-events.ts';
import { createHooks } from './queue-hooks.ts';
import { noticeOf } from './queue-notices.ts';
import { defineSource } from './source.ts';

/** The longest that SQS holds an empty answer back. */
const WAIT_SECONDS = 20;
/** A message that nobody has dealt with comes again after this. */
const HIDDEN_SECONDS = 30;
const SHORTEST_INTERVAL_MS = 1_000;
/** What is given back for another host may come here again at once. */
const LONGEST_PAUSE_MS = 5_000;
const LONGEST_RETRY_MS = 60_000;
/** Messages for other hosts, too, that are remembered: more than there are changes of one host in two weeks. */
const MOST_REMEMBERED = 1_000;

type Message = { MessageId?: string; Body?: string; ReceiptHandle?: string };

/** Takes EventBridge's events of this instance out of an SQS queue. */
export const ec2Queue = defineSource({
  name: 'ec2-queue',
  title: 'EC2 events from a queue',
  applies: ({ identity, config }) => identity?.provider === 'aws' && config().sources.queue.url !== null,
  startsWith: ({ sources }) => sources.queue.url,
  watch(context) {
    const { config, identity, environment, signal, emit, find, isWritten, log } = context;
    const QueueUrl = config().sources.queue.url ?? '';
    const region = identity?.region ?? environment['AWS_REGION'] ?? '';
    const queue = openQueue({ region, queueRegion: regionOf(QueueUrl) ?? region, environment });
    const hooks = createHooks(context, queue.call, QueueUrl);
    const instanceId = instanceIdOf(context);
    let othersInARow = 0;
    let notUnderstood = false;
    /** What stays in the queue for others comes again and again, long after it was true. */
    const remembered = new Set<string>();
    const remember = (messageId: string) => {
      remembered.add(messageId);
      const [oldest = ''] = remembered;
      if (remembered.size > MOST_REMEMBERED) remembered.delete(oldest);
    };

    /** On record, or not wanted at all. */
    const isDealtWith = (notice: Notice) =>
      isWritten(notice.id) &&
      (find(notice.id) !== undefined || notice.kind !== 'notice' || config().types[notice.type]?.enabled === false);
    const take = async ({
      MessageId: messageId = '',
      Body = '',
      ReceiptHandle: handle = '',
    }: Message): Promise<'mine' | 'other'> => {
      const receipt = { QueueUrl, ReceiptHandle: handle };
      const giveBack = () =>
        queue.call({ operation: 'ChangeMessageVisibility', input: { ...receipt, VisibilityTimeout: 0 } });
      const event = parseQueueEvent(Body);
      if (event === undefined) {
        if (!notUnderstood) log.warn({}, `a message in the queue is none that snoozed takes: ${Body.slice(0, 120)}`);
        notUnderstood = true;
        return 'other';
      }
      if (!event.instanceIds.includes(instanceId) || remembered.has(messageId)) {
        await giveBack();
        return 'other';
      }
      const notice = noticeOf(event, context);
      if (notice !== undefined && !isKnown(notice)) emit(notice);
      if (event.kind === 'hook' && notice !== undefined && find(notice.id) !== undefined) {
        hooks.hold({ hook: event.hook, eventId: notice.id, handle });
        return 'mine';
      }
      if (notice !== undefined && !isDealtWith(notice)) return 'mine';
      if (!isForOthersToo(event)) {
        await queue.call({ operation: 'DeleteMessage', input: receipt });
        return 'mine';
      }
      remember(messageId);
      await giveBack();
      return 'other';
    };
    /** What the metadata service has told first is more exact. */
    const isKnown = (notice: Notice) =>
      notice.kind === 'notice' && notice.type === 'cloud.spot.interrupt' && find(notice.id)?.closing === null;

    const watching = watchByPolling(context, {
      what: 'the queue of events',
      intervalMs: () =>
        othersInARow === 0
          ? SHORTEST_INTERVAL_MS
          : Math.min(SHORTEST_INTERVAL_MS * 2 ** othersInARow, LONGEST_PAUSE_MS),
      retryMs: (_error, failures) => Math.min(SHORTEST_INTERVAL_MS * 2 ** (failures - 1), LONGEST_RETRY_MS),
      async ask() {
        const messages = messagesOf(
          await queue.call({
            operation: 'ReceiveMessage',
            input: {
              QueueUrl,
              MaxNumberOfMessages: 10,
              WaitTimeSeconds: WAIT_SECONDS,
              VisibilityTimeout: HIDDEN_SECONDS,
            },
          }),
        );
        const taken = await Promise.allSettled(messages.map(take));
        const mine = taken.some((one) => one.status === 'fulfilled' && one.value === 'mine');
        othersInARow = messages.length === 0 || mine ? 0 : othersInARow + 1;
        const failed = taken.find((one) => one.status === 'rejected');
        if (failed !== undefined) throw failed.reason;
        const held = hooks.count();
        return held === 0 ? 'the queue is watched' : `the queue is watched, and ${held} lifecycle hooks are held`;
      },
    });
    signal.addEventListener('abort', () => void queue.close(), { once: true });
    return {
      ...watching,
      ended: watching.ended.then(hooks.settled).then(queue.close),
    };
  },
});

/** The region in a queue's address, `https://sqs.eu-west-1.amazonaws.com/123456789012/name` or a VPC endpoint's. Pure. */
export function regionOf(url: string): string | undefined {
  return /^https?:\/\/([a-z0-9-]+\.)?sqs(-fips)?\.(?<region>[a-z0-9-]+)\./.exec(url)?.groups?.['region'];
}

/** A change that AWS Health tells of several hosts at once stays in the queue for all of them. */
function isForOthersToo({ instanceIds }: QueueEvent): boolean {
  return instanceIds.length > 1;
}

function messagesOf(answer: unknown): Message[] {
  const messages = at(answer, 'Messages');
  return Array.isArray(messages) ? (messages as Message[]) : [];
}
