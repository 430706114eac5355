/**
 * The child that makes EC2's calls: one JSON list of requests on standard input, one JSON list of answers on standard
 * output. The SDK costs tens of MiB, so the daemon never loads it; this process lives for a moment.
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
import { messageOf, systemCodeOf } from '../../errors.ts';
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
  requestHandler: {
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    throwOnRequestTimeout: true, // else the SDK only warns
  },
});
// Side by side: a call that hangs must not take the time of the others.
process.stdout.write(JSON.stringify(await Promise.all(requests.map(answer))));
client.destroy();

async function answer(request: Ec2Request): Promise<Ec2Answer> {
  try {
    return { ok: true, value: await call(request) };
  } catch (error) {
    return { ok: false, code: codeOf(error), message: messageOf(error) };
  }
}

/** The service's code is the error's name; a connection that failed has the system's. */
function codeOf(error: unknown): string {
  const name = error instanceof Error ? error.name : 'Error';
  return /^(Aggregate)?Error$/.test(name) ? (systemCodeOf(error) ?? name) : name;
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
