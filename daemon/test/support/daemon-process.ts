import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Status } from '../../src/control/api.ts';
import { type ControlClient, connectControl } from '../../src/control/client.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { waitFor } from './wait-for.ts';

const PROGRAM = new URL('../../bin/snoozed', import.meta.url).pathname;

/** A real daemon with a folder of its own. */
export type DaemonProcess = {
  child: ChildProcess & { pid: number };
  directory: string;
  socket: string;
  configFile: string;
  /** Everything it has printed. */
  output(): string;
  client: ControlClient;
  status(): Promise<Status>;
  /** Sends a signal and waits for the end; gives the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
};

export type DaemonOptions = {
  config?: object;
  environment?: Record<string, string>;
  flags?: string[];
  /** Goes on with the folder of an earlier daemon. */
  directory?: string;
};

/** A configuration under which a quiet host is idle at once: no check but the plugins'. */
export const QUIET = {
  check_interval_seconds: 0.2,
  naptime_minutes: 0.01,
  warning_minutes: 0,
  boot_grace_minutes: 0,
  cpu_threshold_percent: 100,
  memory_threshold_percent: null,
  network_threshold_kbps: null,
  disk_io_threshold_kbps: null,
  input_idle_threshold_secs: null,
  gpu_threshold_percent: null,
};

/** Starts a daemon and waits until its socket answers; it is ended with the test. */
export async function startDaemonProcess(test: TestContext, options: DaemonOptions = {}): Promise<DaemonProcess> {
  const directory = options.directory ?? temporaryDirectory(test);
  const configFile = join(directory, 'snooze.json');
  const socket = join(directory, 'snoozed.sock');
  if (options.config !== undefined) writeFileSync(configFile, JSON.stringify(options.config, null, 2));
  const child = spawnDaemon(
    ['--config', configFile, '--state-dir', directory, '--socket', socket, ...(options.flags ?? [])],
    options.environment,
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
  const exited = once(child, 'exit');
  test.after(async () => {
    client?.close();
    child.kill('SIGKILL');
    await exited;
  });
  await waitFor(`the daemon: ${output}`, () => output.includes('is ready') || child.exitCode !== null);
  if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}: ${output}`);
  const client = await connectControl(socket);
  return {
    child: child as DaemonProcess['child'],
    directory,
    socket,
    configFile,
    output: () => output,
    client,
    status: () => client.call('status', {}),
    async end(signal) {
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}

/** Runs the daemon's program with nothing of this environment but what a program needs. */
export function spawnDaemon(args: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  return spawn(PROGRAM, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '/',
      AWS_EC2_METADATA_DISABLED: 'true',
      // whoever runs the tests must not be told that his host is taken away
      SNOOZE_EVENTS__TELL_PEOPLE: 'false',
      ...environment,
    },
  });
}

/** A plugin that has nothing to do, whatever it is asked. */
export const IDLE_PROGRAM = `#!/bin/sh
while read -r line; do
  id=\${line#*'"id":'}; id=\${id%%[!0-9]*}
  echo '{"id":'"$id"',"result":{"is_idle":true,"reason":"nothing to do"}}'
done
`;

/** Puts a plugin into `<directory>/<name>`: its manifest, and the files that stand beside it. */
export function writePlugin(
  directory: string,
  manifest: { name: string; [key: string]: unknown },
  files: Record<string, string> = {},
): string {
  const folder = join(directory, manifest.name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'plugin.json'),
    JSON.stringify({ version: '1.0.0', type: 'external', ...manifest }, null, 2),
  );
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text, { mode: 0o755 });
  }
  return folder;
}
