import { rfc3339 } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Sample } from '../monitors/monitor.ts';
import type { Identity } from './provider.ts';

export type TagInputs = { reason: string; wallMs: number; sample: Sample; config: Config; identity: Identity };

/** EC2's limit, in Unicode characters ("Tag your Amazon EC2 resources", tag restrictions). */
const LONGEST_VALUE_CHARACTERS = 256;

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
      value === undefined ? [] : [[`${config.tagging_prefix}:${name}`, tagValue(value)]],
    ),
  );
}

/** A reason may come from a plugin: control characters are no XML, and a cut must not halve a character. */
function tagValue(text: string): string {
  const characters = [...text.replaceAll(/\p{Cc}+/gu, ' ').toWellFormed()];
  return characters.slice(0, LONGEST_VALUE_CHARACTERS).join('').trim();
}
