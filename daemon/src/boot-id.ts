import { readFileSync } from 'node:fs';
import type { Clock } from './clock.ts';

/** A name for this boot of the host: random(4), boot_id. */
export function bootId(clock: Clock): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
  } catch {
    return String(Math.round((clock.wallMs() - clock.bootMs()) / 60_000)); // no Linux: the minute of the boot
  }
}
