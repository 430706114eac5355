import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { DaemonProcess } from './daemon-process.ts';

const SNOOZE = new URL('../../../cli/bin/snooze', import.meta.url).pathname;

/** Runs the CLI as a user does, without a terminal. */
export async function snooze(
  daemon: DaemonProcess,
  ...args: string[]
): Promise<{ exitCode: number; out: string; err: string }> {
  const child = startSnooze(daemon, ...args);
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => (out += chunk));
  child.stderr?.on('data', (chunk) => (err += chunk));
  const [exitCode] = await once(child, 'close');
  return { exitCode: exitCode as number, out, err };
}

/** Starts the CLI and leaves it running. */
export function startSnooze(daemon: DaemonProcess, ...args: string[]): ChildProcess {
  return spawn(SNOOZE, ['--socket', daemon.socket, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}
