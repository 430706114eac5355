import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SYNCS = 100;

/** What the disk takes, a hundred times, for a page that must be on it: a part of what is measured beside it. */
export function syncsMs(): number[] {
  const directory = mkdtempSync(join(tmpdir(), 'snooze-bench-'));
  const descriptor = openSync(join(directory, 'page'), 'w');
  const page = Buffer.alloc(4096, 1);
  const tookMs = Array.from({ length: SYNCS }, () => {
    const startedMs = performance.now();
    writeSync(descriptor, page);
    fsyncSync(descriptor);
    return performance.now() - startedMs;
  });
  closeSync(descriptor);
  rmSync(directory, { recursive: true });
  return tookMs;
}
