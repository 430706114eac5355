import { limitsOf } from '../plugins/sandbox/limits.ts';
import type { Asks } from './approval.ts';

const MIB = 1024 * 1024;

/** What is asked for now that was not before, in words; nothing for what it gives up. Pure. */
export function addedPermissions(before: Asks, after: Asks): string[] {
  const added: string[] = [];
  if (after.type === 'native' && before.type !== 'native') added.push('runs inside snoozed');
  if (after.type === 'native' && before.isolation === 'worker' && after.isolation !== 'worker')
    added.push('runs in the daemon’s own thread, where a hang cannot be ended');
  if (after.build !== undefined && JSON.stringify(after.build) !== JSON.stringify(before.build))
    added.push(`runs ${[after.build.command, ...(after.build.args ?? [])].join(' ')} when it is installed`);
  for (const kind of ['network', 'read', 'write', 'env', 'host'] as const) {
    const had = before.permissions?.[kind] ?? [];
    const more = (after.permissions?.[kind] ?? []).filter((item) => !had.includes(item));
    if (more.length > 0) added.push(`${kind} ${more.join(', ')}`);
  }
  const [had, has] = [limitsOf(before), limitsOf(after)];
  if (has.memoryBytes > had.memoryBytes) added.push(`up to ${has.memoryBytes / MIB} MB of memory`);
  if (has.tasks > had.tasks) added.push(`up to ${has.tasks} processes and threads`);
  if ((has.cpuPercent ?? Number.POSITIVE_INFINITY) > (had.cpuPercent ?? Number.POSITIVE_INFINITY))
    added.push(has.cpuPercent === null ? 'as much CPU as there is' : `up to ${has.cpuPercent} % of a core`);
  return added;
}
