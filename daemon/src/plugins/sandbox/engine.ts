import type { Manifest } from '../manifest/manifest.ts';

/** A plugin's program before anything keeps it to its manifest. */
export type Program = {
  instance: string;
  manifest: Manifest;
  /** Its configuration: `${config.KEY}` in a path of its permissions is taken from here. */
  config: Record<string, unknown>;
  command: string;
  args: readonly string[];
  /** The plugin's own folder, which is where it runs. */
  directory: string;
  stateDirectory: string;
  environment: Record<string, string>;
};

/** What is started in its place. */
export type Launch = { command: string; args: readonly string[]; environment: Record<string, string> };

/** What an engine can keep a plugin from, whatever it tries; `leftovers`: processes that outlive it. */
export type Kept = 'files' | 'network' | 'processes' | 'privileges' | 'leftovers';

export type EngineName = 'bubblewrap' | 'setpriv' | 'plain';

/** What keeps a plugin's process to what its manifest asks for, as it works on this host. */
export type Engine = {
  name: EngineName;
  keeps: ReadonlySet<Kept>;
  /** Whether it gives a plugin of a daemon of root's a user of its own, where that is possible. */
  ownUsers: boolean;
  /** `folders`: what its program consists of outside of the system's folders. */
  wrap(launch: Launch, program: Program, folders: readonly string[]): Launch;
};
