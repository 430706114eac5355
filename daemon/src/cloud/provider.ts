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
  id: 'permission' | 'stop-protection' | 'one-time-spot' | 'auto-scaling' | 'instance-store' | 'look-failed';
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
  /** Sets tags on this host's instance. */
  tag(tags: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void>;
  /** Asks the cloud to stop this instance. */
  stop(signal: AbortSignal): Promise<void>;
  /** What `stop` would do, in words: "call StopInstances for i-0abc in eu-west-1". */
  describeStop(): string;
  /** Whether stopping this host is safe at all; changes nothing. */
  look(signal: AbortSignal): Promise<SafetyFinding[]>;
};
