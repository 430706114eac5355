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
import type { Ec2Request } from './ec2.ts';
import { answerOf, clientOptions } from './sdk-call.ts';

const REQUEST_TIMEOUT_MS = 10_000;

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const { region, requests } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
  region: string;
  requests: Ec2Request[];
};

const client = new EC2Client(clientOptions(region, REQUEST_TIMEOUT_MS));
// Side by side: a call that hangs must not take the time of the others.
process.stdout.write(JSON.stringify(await Promise.all(requests.map((request) => answerOf(() => call(request))))));
client.destroy();

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
