import type { SandboxEngine } from './engine.ts';

/** No confinement: the process has the rights of the daemon's user. */
export const plain: SandboxEngine = {
  name: 'plain',
  wrap: (invocation) => invocation,
};
