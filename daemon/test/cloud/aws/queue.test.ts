import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { bundleDaemon } from '../../../../scripts/bundle.ts';
import { openQueue } from '../../../src/cloud/aws/queue.ts';
import { startFakeQueue } from '../../support/fake-queue.ts';
import { processesWithEnvironment } from '../../support/processes.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';

const PROGRAM = new URL('../../../src/cloud/aws/queue-process.ts', import.meta.url).pathname;
const receive = (QueueUrl: string, WaitTimeSeconds: number) => ({
  operation: 'ReceiveMessage' as const,
  input: { QueueUrl, WaitTimeSeconds, VisibilityTimeout: 30 },
});

const open = ({ environment }: Pick<Awaited<ReturnType<typeof startFakeQueue>>, 'environment'>) =>
  openQueue({ region: 'eu-west-1', queueRegion: 'us-east-2', environment });

suite('the process that watches a queue', { concurrency: 2 }, () => {
  test('calls run side by side: a delete does not wait for a long poll', async (t) => {
    const service = await startFakeQueue(t);
    const queue = open(service);
    t.after(queue.close);
    const poll = queue.call(receive(service.queueUrl, 20));
    await waitFor('the poll', () => service.called('ReceiveMessage').length === 1);
    await queue.call({ operation: 'DeleteMessage', input: { QueueUrl: service.queueUrl, ReceiptHandle: 'x' } });
    service.put('a message');
    assert.deepEqual([...new Set(service.calls.map(({ region }) => region))], ['us-east-2']);
    const lifecycle = { AutoScalingGroupName: 'group', LifecycleHookName: 'save', LifecycleActionResult: 'CONTINUE' };
    await queue.call({ operation: 'CompleteLifecycleAction', input: lifecycle });
    assert.equal(service.calls.at(-1)?.region, 'eu-west-1', 'the group is where the host is');
    assert.equal(((await poll) as { Messages: { Body: string }[] }).Messages[0]?.Body, 'a message');
  });

  test('when it is gone its calls fail in words, and the next call starts another; after the end none does', async (t) => {
    const service = await startFakeQueue(t);
    const queue = open(service);
    t.after(queue.close);
    const poll = assert.rejects(queue.call(receive(service.queueUrl, 20)), {
      code: 'SNOOZE_E_CLOUD_FAILED',
      message: /the process that watches the queue failed: ended by SIGKILL/,
    });
    await waitFor('the poll', () => service.called('ReceiveMessage').length === 1);
    const [pid] = processesWithEnvironment(`AWS_ENDPOINT_URL_SQS=${service.environment.AWS_ENDPOINT_URL_SQS}`);
    process.kill(pid ?? assert.fail('no process'), 'SIGKILL');
    await poll;
    service.put('a message');
    await queue.call(receive(service.queueUrl, 20));
    await queue.close();
    await assert.rejects(queue.call(receive(service.queueUrl, 0)), /it was ended/);
  });

  test('it ends with its input, in the middle of a long poll, as when the daemon is killed', async (t) => {
    const service = await startFakeQueue(t);
    const child = spawn(process.execPath, [PROGRAM, 'eu-west-1', 'eu-west-1'], {
      env: service.environment,
      stdio: 'pipe',
    });
    const exited = once(child, 'exit');
    child.stdin.write(`${JSON.stringify({ id: 1, request: receive(service.queueUrl, 20) })}\n`);
    await waitFor('the poll', () => service.called('ReceiveMessage').length === 1);
    child.stdin.destroy();
    assert.deepEqual(await exited, [0, null]);
  });

  test('it stands beside the daemon in the packaged form, and works there', async (t) => {
    const service = await startFakeQueue(t);
    const directory = temporaryDirectory(t);
    await bundleDaemon(directory);
    const program = join(directory, 'queue-process.js');
    const child = spawn(process.execPath, [program, 'eu-west-1', 'eu-west-1'], {
      env: service.environment,
      stdio: 'pipe',
    });
    t.after(() => child.kill('SIGKILL'));
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    service.put('a message');
    child.stdin.write(`${JSON.stringify({ id: 7, request: receive(service.queueUrl, 0) })}\n`);
    await waitFor('the answer', () => output.includes('\n'));
    const { id, answer } = JSON.parse(output);
    assert.deepEqual([id, answer.value.Messages[0].Body], [7, 'a message']);
  });
});
