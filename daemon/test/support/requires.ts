import { spawnSync } from 'node:child_process';

/**
 * For a test's `skip`: false where every program is there, else the reason, which the runner prints.
 * `.ci/run` installs them all and fails when a test was skipped.
 */
export function requires(...programs: string[]): string | false {
  const missing = programs.filter((program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0);
  return missing.length > 0 && `needs ${missing.join(', ')}, not on this machine`;
}
