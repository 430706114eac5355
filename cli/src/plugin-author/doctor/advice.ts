/** What is known about the ways in which plugins fail: how it reads, and what to do about it. */
type Remedy = { reads: RegExp; advice: (found: RegExpExecArray, plugin: Sick) => string };

/** The plugin that fails. */
export type Sick = {
  name: string;
  /** Null where there is none, be it that it is gone. */
  directory: string | null;
  /** What it was installed from; null where snooze did not install it. */
  source: string | null;
};

const REMEDIES: readonly Remedy[] = [
  {
    // first: what that one has failed with is quoted
    reads: /its dependency (?<plugin>[\w-]+) has failed/,
    advice: ({ groups }) => `it runs again when that one does: snooze plugin doctor ${groups?.['plugin']}`,
  },
  {
    reads: /ModuleNotFoundError: No module named '(?<module>[\w.]+)'/,
    advice: ({ groups }, { directory }) =>
      `put it beside the plugin: python3 -m pip install --target ${directory ?? 'ITS-FOLDER'} ${groups?.['module']?.split('.')[0]}`,
  },
  {
    reads: /SyntaxError|IndentationError|NameError|TypeError|AttributeError|panic:|undefined: /,
    advice: (_, plugin) => `it is a mistake in its program; ${tryIt(plugin)}`,
  },
  {
    reads: /there is no program (?<program>\S+) on the PATH/,
    advice: ({ groups }) => `install ${groups?.['program']} where snoozed can see it, such as /usr/bin`,
  },
  {
    reads: /not executable/,
    advice: (_, { directory }) => `type: chmod +x, on the program that is named, in ${directory ?? 'its folder'}`,
  },
  {
    reads: /interpreter in its first line/,
    advice: () => 'install the interpreter, or correct the first line of its program',
  },
  {
    reads: /there is no plugin (?<plugin>\S+) in /,
    advice: ({ groups }, { name, source }) =>
      `type: snooze plugin install ${source ?? `PATH-OF-${groups?.['plugin']}`}, or take it out of the configuration: snooze plugin disable ${name}`,
  },
  {
    reads: /needs (?<plugin>[\w-]+) .+, which is not (?<what>enabled|installed)/,
    advice: ({ groups }) =>
      groups?.['what'] === 'enabled'
        ? `type: snooze plugin enable ${groups['plugin']}`
        : `type: snooze plugin install PATH-OF-${groups?.['plugin']}`,
  },
  {
    reads: /needs (?<plugin>[\w-]+) .+, found /,
    advice: ({ groups }) => `type: snooze plugin update ${groups?.['plugin']}`,
  },
  {
    reads: /can never be started: /,
    advice: () => 'take one of them out of the "dependencies" of another, in its plugin.json',
  },
  {
    reads: /plugins\.plugin_configs\.(?<instance>[\w-]+)\.(?<key>[\w.-]+): (?<what>is missing|unknown key|expected)/,
    advice: ({ groups }) =>
      groups?.['what'] === 'unknown key'
        ? `type: snooze plugin configure ${groups['instance']} ${groups['key']}=`
        : `type: snooze plugin configure ${groups?.['instance']} ${groups?.['key']}=VALUE`,
  },
  {
    reads: /exit code 78/,
    advice: (_, { name }) => `it says that its configuration is wrong; type: snooze plugin info ${name}`,
  },
  {
    reads: /is not as it was installed/,
    advice: (_, { source }) =>
      `install it again, if the change was not yours: snooze plugin install ${source ?? 'SOURCE'}`,
  },
  {
    reads: /its folder .+ is gone/,
    advice: (_, { name, source }) =>
      source === null
        ? `put it back, or take it out of the configuration: snooze plugin disable ${name}`
        : `install it again: snooze plugin install ${source}`,
  },
  {
    reads: /did not answer (?<method>\w+) within (?<ms>\d+) ms/,
    advice: (_, plugin) => `raise its time under "timeouts" in plugin.json, or see what it waits for; ${tryIt(plugin)}`,
  },
  {
    reads: /connection refused|ECONNREFUSED|no route to host|timed out/i,
    advice: (_, { name }) =>
      `what it asks does not answer: is it running, and is the address right? snooze plugin info ${name}`,
  },
  {
    reads: /permission denied|read-only file system|operation not permitted|network is unreachable|name resolution/i,
    advice: () => 'it lacks a permission: see "permissions" in plugin.json (read, write, network, env)',
  },
  {
    reads: /plugins\.sandbox is "require"/,
    advice: () => 'install bubblewrap and restart snoozed, or allow less: snooze config set plugins.sandbox auto',
  },
  { reads: /plugin\.json/, advice: (_, { directory }) => `type: snooze plugin validate ${directory ?? 'ITS-FOLDER'}` },
];

/** What to do about a plugin's failure, from the words in which it is told. */
export function adviceFor(message: string, plugin: Sick): string {
  for (const { reads, advice } of REMEDIES) {
    const found = reads.exec(message);
    if (found !== null) return advice(found, plugin);
  }
  return tryIt(plugin);
}

function tryIt({ directory, name }: Sick): string {
  return directory === null
    ? `see what it says: snooze plugin info ${name}`
    : `see what it says: snooze plugin test ${directory}`;
}
