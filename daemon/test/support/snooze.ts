import { type ChildProcess, spawn } from 'node:child_process';
import { callCli } from '../../../cli/test/support/call-cli.ts';
import type { DaemonProcess } from './daemon-process.ts';

const SNOOZE = new URL('../../../cli/bin/snooze', import.meta.url).pathname;

/** Does what the CLI does without a terminal, over the daemon's real socket; the CLI as a process has its own tests. */
export async function snooze(
  daemon: DaemonProcess,
  ...args: string[]
): Promise<{ exitCode: number | null; out: string; err: string }> {
  const { code, stdout, stderr } = await callCli(args, { socket: daemon.socket });
  return { exitCode: code, out: stdout, err: stderr };
}

/** Starts the CLI and leaves it running. */
export function startSnooze(daemon: DaemonProcess, ...args: string[]): ChildProcess {
  return spawn(SNOOZE, ['--socket', daemon.socket, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}
