import type { Clock } from '../clock.ts';
import type { CommandRunner } from '../command.ts';
import type { Config } from '../config/config.ts';
import type { Log } from '../log.ts';
import type { Imds } from './aws/imds.ts';
import type { Metadata } from './metadata.ts';

/** Who this host is in its cloud. */
export type Identity = {
  provider: string;
  instanceId: string;
  instanceType: string | null;
  region: string | null;
  availabilityZone: string | null;
  accountId: string | null;
  /** `spot` or `on-demand` where the cloud tells. */
  lifecycle: string | null;
};

/** One thing that the safety look found out about stopping this host. */
export type SafetyFinding = {
  id:
    | 'permission'
    | 'stop-protection'
    | 'one-time-spot'
    | 'auto-scaling'
    | 'instance-store'
    | 'look-failed'
    | 'cloud-unknown'
    | 'no-cloud';
  /** `forbids`: no snooze until the user configures otherwise; `warns`: shown only. */
  effect: 'forbids' | 'warns' | 'fine';
  /** A sentence for `snooze status`, with what to do. */
  message: string;
};

/** A cloud, or none. Calls fail with SnoozeError SNOOZE_E_CLOUD_DENIED, SNOOZE_E_CLOUD_FAILED or SNOOZE_E_METADATA. */
export type Provider = {
  name: string;
  /** Null on a host that is in no cloud. */
  identity: Identity | null;
  /** Sets tags on this host's instance; null on a host that is in no cloud. */
  tag: ((tags: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<void>) | null;
  /** Asks the cloud to stop this instance. */
  stop(signal: AbortSignal): Promise<void>;
  /** What `stop` would do, in words: "call StopInstances for i-0abc in eu-west-1". */
  describeStop(): string;
  /** Whether stopping this host is safe at all; changes nothing. */
  look(signal: AbortSignal): Promise<SafetyFinding[]>;
};

/** What a cloud may look at to find out whether this host is in it. */
export type CloudSearch = {
  config: () => Config;
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  log: Log;
  run: CommandRunner;
  /** The text of a file of this host, or undefined where it cannot be read. */
  readFile: (path: string) => string | undefined;
};

/** The cloud this host is in, and its metadata service to go on asking: EC2's, or another cloud's; null where there is none. */
export type Found = { provider: Provider; imds: Imds | null; metadata: Metadata | null };

/** One kind of cloud. */
export type ProviderKind = {
  name: 'aws' | 'azure' | 'gcp' | 'local';
  /** Whether this host is in it, by what can be seen without the network. */
  expects(search: CloudSearch): 'yes' | 'maybe' | 'no';
  /**
   * Asks the cloud; `expected` where it is more than a guess that it answers.
   * @throws SnoozeError SNOOZE_E_METADATA where it does not answer as it should.
   */
  find(search: CloudSearch, options: { expected: boolean; signal: AbortSignal }): Promise<Found>;
};

/** Gives a cloud its type; every cloud's file exports one, and `registry.ts` lists them. */
export function defineProvider(kind: ProviderKind): ProviderKind {
  return kind;
}

/** Ends the connections to what was found. */
export function leave({ imds, metadata }: Found): void {
  imds?.close();
  metadata?.close();
}
