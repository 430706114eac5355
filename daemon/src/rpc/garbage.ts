import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: typeof globalThis.gc;

/** Collects garbage now. Without `--expose-gc`, as from sources, the function is had from a context made for it, once. */
export function collectGarbage(): void {
  collect ??= globalThis.gc ?? fromNewContext();
  collect({ type: 'major', execution: 'sync' });
}

function fromNewContext(): NonNullable<typeof globalThis.gc> {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as NonNullable<typeof globalThis.gc>;
}
