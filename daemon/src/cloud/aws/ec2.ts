import type {
  CreateTagsCommandInput,
  DescribeInstanceAttributeCommandInput,
  DescribeInstancesCommandInput,
  DescribeInstanceTypesCommandInput,
  DescribeSpotInstanceRequestsCommandInput,
  StopInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import type { CommandRunner } from '../../command.ts';
import { callerEnvironment, callInProcess } from '../call-process.ts';
import { type Ec2Failure, ec2Error } from './ec2-errors.ts';

/** One call of EC2's API. */
export type Ec2Request =
  | { operation: 'StopInstances'; input: StopInstancesCommandInput }
  | { operation: 'CreateTags'; input: CreateTagsCommandInput }
  | { operation: 'DescribeInstances'; input: DescribeInstancesCommandInput }
  | { operation: 'DescribeInstanceTypes'; input: DescribeInstanceTypesCommandInput }
  | { operation: 'DescribeInstanceAttribute'; input: DescribeInstanceAttributeCommandInput }
  | { operation: 'DescribeSpotInstanceRequests'; input: DescribeSpotInstanceRequestsCommandInput };

/** What became of it. */
export type Ec2Answer = { ok: true; value: unknown } | Ec2Failure;

export type Ec2 = {
  /**
   * Makes the calls side by side in one short-lived process; each has its own answer, in the order of the requests.
   * @throws SnoozeError SNOOZE_E_CLOUD_FAILED when the process itself fails.
   */
  call(requests: readonly Ec2Request[], signal: AbortSignal): Promise<Ec2Answer[]>;
};

export type Ec2Options = { region: string; environment: NodeJS.ProcessEnv; run: CommandRunner };

/** EC2's API for one region. Credentials and endpoints come from the environment, as the SDK documents them. */
export function createEc2({ region, environment, run }: Ec2Options): Ec2 {
  const ec2Process = {
    calls: 'EC2',
    program: 'ec2-process',
    near: import.meta.url,
    env: sdkEnvironment(environment),
    run,
  };
  return {
    async call(requests, signal) {
      return (await callInProcess(ec2Process, { region, requests }, signal)) as Ec2Answer[];
    },
  };
}

/**
 * The answer's value. `permission` is what the call needs, such as `ec2:StopInstances`.
 * @throws SnoozeError SNOOZE_E_CLOUD_DENIED or SNOOZE_E_CLOUD_FAILED when there is none.
 */
export function answerValue(answer: Ec2Answer | undefined, permission: string): unknown {
  if (answer?.ok) return answer.value;
  throw ec2Error(answer ?? { code: 'NoAnswer', message: '' }, permission);
}

/** What the SDK reads, or a program that it asks for credentials, and nothing else of the daemon's environment. */
export function sdkEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  return callerEnvironment(environment, /^AWS_/i);
}
