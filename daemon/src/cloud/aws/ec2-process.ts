/**
 * The child that makes EC2's calls: one JSON list of requests on standard input, one JSON list of answers on standard
 * output. The SDK costs tens of MiB, so the daemon never loads it; this process lives for a second.
 */
import {
  CreateTagsCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeSpotInstanceRequestsCommand,
  EC2Client,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { Ec2Answer, Ec2Request } from './ec2.ts';

const CONNECT_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 10_000;

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const { region, requests } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
  region: string;
  requests: Ec2Request[];
};

const client = new EC2Client({
  region,
  maxAttempts: 3,
  requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
});
const answers: Ec2Answer[] = [];
for (const request of requests) answers.push(await answer(request));
process.stdout.write(JSON.stringify(answers));
client.destroy();

async function answer(request: Ec2Request): Promise<Ec2Answer> {
  try {
    return { ok: true, value: await call(request) };
  } catch (error) {
    const { name = 'Error', message = String(error) } = error instanceof Error ? error : {};
    return { ok: false, code: name, message };
  }
}

async function call(request: Ec2Request): Promise<unknown> {
  switch (request.operation) {
    case 'StopInstances':
      return await client.send(new StopInstancesCommand(request.input));
    case 'CreateTags':
      return await client.send(new CreateTagsCommand(request.input));
    case 'DescribeInstances':
      return await client.send(new DescribeInstancesCommand(request.input));
    case 'DescribeInstanceTypes':
      return await client.send(new DescribeInstanceTypesCommand(request.input));
    case 'DescribeInstanceAttribute':
      return await client.send(new DescribeInstanceAttributeCommand(request.input));
    case 'DescribeSpotInstanceRequests':
      return await client.send(new DescribeSpotInstanceRequestsCommand(request.input));
  }
}
