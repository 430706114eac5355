import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** In memory where the host has that: for what writes thousands of times and is not about the disk. */
export const FAST_PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A folder of its own for one test, removed after it. */
export function temporaryDirectory(test: TestContext, place = tmpdir()): string {
  const directory = mkdtempSync(join(place, 'snooze-test-'));
  test.after(() => rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 }));
  return directory;
}
