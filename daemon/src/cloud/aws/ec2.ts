import { fileURLToPath } from 'node:url';
import type {
  CreateTagsCommandInput,
  DescribeInstanceAttributeCommandInput,
  DescribeInstancesCommandInput,
  DescribeInstanceTypesCommandInput,
  DescribeSpotInstanceRequestsCommandInput,
  StopInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import type { CommandRunner } from '../../command.ts';
import { SnoozeError } from '../../errors.ts';

/** One call of EC2's API. */
export type Ec2Request =
  | { operation: 'StopInstances'; input: StopInstancesCommandInput }
  | { operation: 'CreateTags'; input: CreateTagsCommandInput }
  | { operation: 'DescribeInstances'; input: DescribeInstancesCommandInput }
  | { operation: 'DescribeInstanceTypes'; input: DescribeInstanceTypesCommandInput }
  | { operation: 'DescribeInstanceAttribute'; input: DescribeInstanceAttributeCommandInput }
  | { operation: 'DescribeSpotInstanceRequests'; input: DescribeSpotInstanceRequestsCommandInput };

/** What became of it; `code` is EC2's error code (`UnauthorizedOperation`, `DryRunOperation` …). */
export type Ec2Answer = { ok: true; value: unknown } | { ok: false; code: string; message: string };

export type Ec2 = {
  /**
   * Makes the calls one after another in one short-lived process; each has its own answer.
   * @throws SnoozeError SNOOZE_E_CLOUD_FAILED when the process itself fails.
   */
  call(requests: readonly Ec2Request[], signal: AbortSignal): Promise<Ec2Answer[]>;
};

export type Ec2Options = { region: string; environment: NodeJS.ProcessEnv; run: CommandRunner };

const TIMEOUT_MS = 60_000;
const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './ec2-process.ts' : './ec2-process.js', import.meta.url),
);

/** EC2's API for one region. Credentials and endpoints come from the environment, as the SDK documents them. */
export function createEc2({ region, environment, run }: Ec2Options): Ec2 {
  return {
    async call(requests, signal) {
      const { exitCode, stdout, stderr } = await run(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', PROGRAM],
        {
          timeoutMs: TIMEOUT_MS,
          env: sdkEnvironment(environment),
          input: JSON.stringify({ region, requests }),
          signal,
        },
      );
      if (exitCode !== 0) {
        const [line = 'nothing'] = stderr
          .trim()
          .split('\n')
          .filter((text) => /Error/.test(text));
        throw new SnoozeError(
          'SNOOZE_E_CLOUD_FAILED',
          `the process that calls EC2 ended with ${exitCode}: ${line.trim()}`,
        );
      }
      return JSON.parse(stdout) as Ec2Answer[];
    },
  };
}

/** The answer's value, or its error as a person needs it. `permission` is what the call needs, such as `ec2:StopInstances`. */
export function answerValue(answer: Ec2Answer | undefined, permission: string): unknown {
  if (answer?.ok) return answer.value;
  const { code, message } = answer ?? { code: 'NoAnswer', message: 'EC2 gave no answer' };
  if (isDenied(code)) {
    throw new SnoozeError('SNOOZE_E_CLOUD_DENIED', `EC2 denies ${permission}: ${message}`, {
      hint: `give the instance's role the permission ${permission} (packaging/iam/policy.json)`,
    });
  }
  if (code === 'CredentialsProviderError') {
    throw new SnoozeError('SNOOZE_E_CLOUD_DENIED', `there are no AWS credentials for ${permission}`, {
      hint: 'attach an instance profile to this instance (packaging/iam/policy.json says what it needs)',
    });
  }
  throw new SnoozeError('SNOOZE_E_CLOUD_FAILED', `EC2 failed with ${code} at ${permission}: ${message}`);
}

/** Whether an error code says that the caller may not. */
export function isDenied(code: string): boolean {
  return ['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException', 'AuthFailure'].includes(code);
}

/** What the SDK reads, and nothing else of the daemon's environment. */
function sdkEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const wanted =
    /^(AWS_.*|PATH|HOME|(https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|NODE_COMPILE_CACHE)$/i;
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      wanted.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}
