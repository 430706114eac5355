import { rfc3339 } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Sample } from '../monitors/monitor.ts';
import type { Identity } from './provider.ts';

export type TagInputs = { reason: string; wallMs: number; sample: Sample; config: Config; identity: Identity };

/** EC2 takes values of at most 256 characters. */
const LONGEST_VALUE = 256;

/** The tags of an instance that is about to be stopped. Pure. */
export function snoozeTags({ reason, wallMs, sample, config, identity }: TagInputs): Record<string, string> {
  const measured = (name: string) => {
    const reading = sample.readings[name];
    return reading?.status === 'measured' ? reading.value.toFixed(1).replace(/\.0$/, '') : undefined;
  };
  const tags: Record<string, string | undefined> = {
    Status: 'Stopped',
    StopTimestamp: rfc3339(wallMs),
    StopReason: reason,
    ...(config.detailed_instance_tags && {
      CPUPercent: measured('cpu'),
      MemoryPercent: measured('memory'),
      NetworkKBps: measured('network'),
      DiskIOKBps: measured('disk'),
      InputIdleSecs: measured('input'),
      NaptimeMinutes: String(config.naptime_minutes),
      InstanceType: identity.instanceType ?? undefined,
      Region: identity.region ?? undefined,
    }),
  };
  return Object.fromEntries(
    Object.entries(tags).flatMap(([name, value]) =>
      value === undefined ? [] : [[`${config.tagging_prefix}:${name}`, value.slice(0, LONGEST_VALUE)]],
    ),
  );
}
