import { fileURLToPath } from 'node:url';
import type {
  CompleteLifecycleActionCommandInput,
  RecordLifecycleActionHeartbeatCommandInput,
} from '@aws-sdk/client-auto-scaling';
import type {
  ChangeMessageVisibilityCommandInput,
  DeleteMessageCommandInput,
  ReceiveMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { type ChildProgram, startChildProgram } from '../../child-program.ts';
import { SnoozeError } from '../../errors.ts';
import { parseJson } from '../json-answer.ts';
import { answerValue, type Ec2Answer, sdkEnvironment } from './ec2.ts';

/** One call of SQS's or Auto Scaling's API. */
export type QueueRequest =
  | { operation: 'ReceiveMessage'; input: ReceiveMessageCommandInput }
  | { operation: 'DeleteMessage'; input: DeleteMessageCommandInput }
  | { operation: 'ChangeMessageVisibility'; input: ChangeMessageVisibilityCommandInput }
  | { operation: 'RecordLifecycleActionHeartbeat'; input: RecordLifecycleActionHeartbeatCommandInput }
  | { operation: 'CompleteLifecycleAction'; input: CompleteLifecycleActionCommandInput };

/** SQS and Auto Scaling, through a process that lives while it is used: the SDK would stay in the daemon's memory. */
export type QueueLink = {
  /**
   * Makes a call; calls run side by side. The process is started for the first, and anew after it has ended.
   * @throws SnoozeError SNOOZE_E_CLOUD_DENIED or SNOOZE_E_CLOUD_FAILED
   */
  call(request: QueueRequest): Promise<unknown>;
  /** Ends the process; calls that have no answer yet fail. */
  close(): Promise<void>;
};

const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './queue-process.ts' : './queue-process.js', import.meta.url),
);
const FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=1'];
const SERVICES: Record<QueueRequest['operation'], string> = {
  ReceiveMessage: 'sqs',
  DeleteMessage: 'sqs',
  ChangeMessageVisibility: 'sqs',
  RecordLifecycleActionHeartbeat: 'autoscaling',
  CompleteLifecycleAction: 'autoscaling',
};

type Waiting = PromiseWithResolvers<Ec2Answer>;

export type QueueOptions = {
  /** Where this host is, and its group. */
  region: string;
  queueRegion: string;
  environment: NodeJS.ProcessEnv;
};

export function openQueue({ region, queueRegion, environment }: QueueOptions): QueueLink {
  const waiting = new Map<number, Waiting>();
  let child: ChildProgram | undefined;
  let requests = 0;
  let closed = false;

  const onLine = (line: string) => {
    // Anything that is no answer, such as what a library prints, is none.
    const { id = 0, answer } = (parseJson(line) ?? {}) as { id?: number; answer?: Ec2Answer };
    if (answer !== undefined) waiting.get(id)?.resolve(answer);
    waiting.delete(id);
  };
  const start = (): ChildProgram => {
    const started = startChildProgram(process.execPath, [...FLAGS, PROGRAM, region, queueRegion], {
      env: sdkEnvironment(environment),
      onLine,
    });
    started.ended.then(
      (why) => {
        if (child === started) child = undefined;
        for (const { reject } of waiting.values()) reject(failed(why));
        waiting.clear();
      },
      () => {},
    );
    return started;
  };
  return {
    async call(request) {
      if (closed) throw failed('it was ended');
      const id = ++requests;
      const answer = Promise.withResolvers<Ec2Answer>();
      waiting.set(id, answer);
      child ??= start();
      child.write(JSON.stringify({ id, request }));
      return answerValue(await answer.promise, `${SERVICES[request.operation]}:${request.operation}`);
    },
    async close() {
      closed = true;
      const closing = child;
      closing?.kill();
      await closing?.ended;
    },
  };
}

function failed(why: string): SnoozeError {
  return new SnoozeError('SNOOZE_E_CLOUD_FAILED', `the process that watches the queue failed: ${why}`);
}
