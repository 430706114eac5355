import { join, resolve } from 'node:path';

/** Where the daemon's files are. */
export type Locations = {
  configFile: string;
  /** True where somebody named the file: then it must exist. */
  configFileRequired: boolean;
  stateDirectory: string;
  socket: string;
};

export type LocationFlags = { config?: string; stateDirectory?: string; socket?: string };

const DEFAULT_SOCKET = '/run/cloudsnooze/snoozed.sock';

/** Flags before `SNOOZE_CONFIG`, `SNOOZE_STATE_DIR` and `SNOOZE_SOCKET` before the system's folders. */
export function locations(flags: LocationFlags, environment: NodeJS.ProcessEnv): Locations {
  const config = flags.config ?? named(environment['SNOOZE_CONFIG']);
  return {
    configFile: resolve(config ?? '/etc/cloudsnooze/snooze.json'),
    configFileRequired: config !== undefined,
    stateDirectory: resolve(flags.stateDirectory ?? named(environment['SNOOZE_STATE_DIR']) ?? '/var/lib/cloudsnooze'),
    socket: resolve(flags.socket ?? named(environment['SNOOZE_SOCKET']) ?? DEFAULT_SOCKET),
  };
}

/** Where `snooze plugin install` puts plugins. */
export function pluginsDirectory(stateDirectory: string): string {
  return join(stateDirectory, 'plugins');
}

/** Where plugins are looked for, each folder once, first found wins. `configured` is the config's `plugins.directories`. */
export function pluginSearchPath(
  environment: NodeJS.ProcessEnv,
  { stateDirectory, configured }: { stateDirectory: string; configured: readonly string[] },
): string[] {
  const first = (environment['SNOOZE_PLUGIN_PATH'] ?? '').split(':').filter((directory) => directory !== '');
  const folders = [
    ...[...first, ...configured].map((directory) => resolve(directory)),
    pluginsDirectory(stateDirectory),
    '/etc/cloudsnooze/plugins',
    '/usr/local/share/cloudsnooze/plugins',
    '/usr/lib/cloudsnooze/plugins',
  ];
  return [...new Set(folders)];
}

/** An empty variable names nothing; it must not become the folder one happens to be in. */
function named(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
