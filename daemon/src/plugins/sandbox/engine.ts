import type { Manifest } from '../manifest.ts';

/** A program as it is started. */
export type Invocation = { command: string; args: string[] };

/** What keeps a plugin's process to what its manifest asks for. */
export type SandboxEngine = {
  /** Shown by `snooze plugin info`. */
  name: string;
  /** The program to start instead of the plugin's own. */
  wrap(invocation: Invocation, manifest: Manifest): Invocation;
};
