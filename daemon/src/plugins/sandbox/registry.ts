import type { SandboxEngine } from './engine.ts';
import { plain } from './plain.ts';

/** Every engine, the strongest first. */
export const ENGINES: readonly SandboxEngine[] = [plain];

/** The strongest engine of this host. */
export function bestEngine(): SandboxEngine {
  return ENGINES[0] ?? plain;
}
