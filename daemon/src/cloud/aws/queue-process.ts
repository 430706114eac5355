/**
 * The child that watches the queue: requests as lines of JSON on standard input, answers as lines on standard output,
 * each with the number of its request. It lives as long as the queue is watched, and ends with its input.
 */
import { createInterface } from 'node:readline';
import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  RecordLifecycleActionHeartbeatCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { QueueRequest } from './queue.ts';
import { answerOf, clientOptions } from './sdk-call.ts';

/** Longer than the longest poll, which is 20 seconds. */
const REQUEST_TIMEOUT_MS = 30_000;

const [region = '', queueRegion = ''] = process.argv.slice(2);
const sqs = new SQSClient(clientOptions(queueRegion, REQUEST_TIMEOUT_MS));
const autoScaling = new AutoScalingClient(clientOptions(region, REQUEST_TIMEOUT_MS));

for await (const line of createInterface({ input: process.stdin })) {
  const { id, request } = JSON.parse(line) as { id: number; request: QueueRequest };
  void answerOf(() => call(request)).then((answer) => process.stdout.write(`${JSON.stringify({ id, answer })}\n`));
}
process.exit(0); // a long poll must not outlive who asked for it

async function call(request: QueueRequest): Promise<unknown> {
  switch (request.operation) {
    case 'ReceiveMessage':
      return await sqs.send(new ReceiveMessageCommand(request.input));
    case 'DeleteMessage':
      return await sqs.send(new DeleteMessageCommand(request.input));
    case 'ChangeMessageVisibility':
      return await sqs.send(new ChangeMessageVisibilityCommand(request.input));
    case 'RecordLifecycleActionHeartbeat':
      return await autoScaling.send(new RecordLifecycleActionHeartbeatCommand(request.input));
    case 'CompleteLifecycleAction':
      return await autoScaling.send(new CompleteLifecycleActionCommand(request.input));
  }
}
