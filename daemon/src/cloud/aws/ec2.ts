import { fileURLToPath } from 'node:url';
import type {
  CreateTagsCommandInput,
  DescribeInstanceAttributeCommandInput,
  DescribeInstancesCommandInput,
  DescribeInstanceTypesCommandInput,
  DescribeSpotInstanceRequestsCommandInput,
  StopInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import type { CommandResult, CommandRunner } from '../../command.ts';
import { messageOf, SnoozeError } from '../../errors.ts';
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

const TIMEOUT_MS = 60_000;
const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './ec2-process.ts' : './ec2-process.js', import.meta.url),
);

/**
 * EC2's API for one region. Credentials and endpoints come from the environment, as the SDK documents them.
 * A process and not a worker thread: measured, a call costs 235 ms against 147 ms, but the daemon's RSS grows by
 * 1 MiB against 90 MiB that an ended worker does not give back.
 */
export function createEc2({ region, environment, run }: Ec2Options): Ec2 {
  return {
    async call(requests, signal) {
      const args = ['--disable-warning=ExperimentalWarning', PROGRAM];
      const input = JSON.stringify({ region, requests });
      const options = { timeoutMs: TIMEOUT_MS, env: sdkEnvironment(environment), input, signal };
      const result = await run(process.execPath, args, options).catch((cause: unknown) => {
        throw processFailed(messageOf(cause), cause);
      });
      return parseAnswers(result, requests.length);
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

function parseAnswers({ exitCode, stdout, stderr }: CommandResult, expected: number): Ec2Answer[] {
  if (exitCode !== 0) {
    const lines = stderr.trim().split('\n');
    const line = lines.find((text) => /Error/.test(text)) ?? lines.at(-1);
    throw processFailed(`it ended with ${exitCode}: ${line?.trim() || 'it said nothing'}`);
  }
  try {
    const answers: unknown = JSON.parse(stdout);
    if (Array.isArray(answers) && answers.length === expected) return answers as Ec2Answer[];
  } catch {
    // told below: the answers were cut or are not JSON
  }
  throw processFailed(`its answer is not understood: ${stdout.slice(0, 80).trim() || 'it is empty'}`);
}

function processFailed(what: string, cause?: unknown): SnoozeError {
  return new SnoozeError('SNOOZE_E_CLOUD_FAILED', `the process that calls EC2 failed: ${what}`, { cause });
}

/** What the SDK reads, or a program that it asks for credentials, and nothing else of the daemon's environment. */
export function sdkEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const wanted =
    /^(AWS_.*|PATH|HOME|(https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|NODE_COMPILE_CACHE)$/i;
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      wanted.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}
