import type { CommandRunner } from '../command.ts';
import { answerValue, createEc2 } from './aws/ec2.ts';
import { readSafetyFacts } from './aws/look.ts';
import { type SafetySettings, safetyFindings } from './aws/safety.ts';
import type { Identity, Provider } from './provider.ts';

export type AwsOptions = {
  identity: Identity;
  region: string;
  environment: NodeJS.ProcessEnv;
  run: CommandRunner;
  safety: () => SafetySettings;
};

/** The provider `aws`: this instance, through EC2's API. */
export function createAwsProvider({ identity, region, environment, run, safety }: AwsOptions): Provider {
  const ec2 = createEc2({ region, environment, run });
  const { instanceId } = identity;
  return {
    name: 'aws',
    identity,
    async tag(tags, signal) {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      const [answer] = await ec2.call([{ operation: 'CreateTags', input: { Resources: [instanceId], Tags } }], signal);
      answerValue(answer, 'ec2:CreateTags');
    },
    async stop(signal) {
      const [answer] = await ec2.call([{ operation: 'StopInstances', input: { InstanceIds: [instanceId] } }], signal);
      answerValue(answer, 'ec2:StopInstances');
    },
    describeStop: () => `call StopInstances for ${instanceId} in ${region}`,
    async look(signal) {
      return safetyFindings(await readSafetyFacts(ec2, identity, signal), safety());
    },
  };
}
