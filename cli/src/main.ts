#!/usr/bin/env node
import { systemClock } from '@cloudsnooze/daemon/clock';
import { locations } from '@cloudsnooze/daemon/config/locations';
import { systemCodeOf } from '@cloudsnooze/daemon/errors';
import { confirmOn } from './confirm.ts';
import type { CommandContext } from './context.ts';
import { EXIT_CODE, exitCodeOf } from './exit-code.ts';
import { type GlobalOptions, parseTyped } from './program.ts';
import { errorLines } from './render/error.ts';
import type { Style } from './render/style.ts';
import { isTerminal, terminalOutput } from './terminal.ts';
import { withDaemonAt } from './with-daemon.ts';

const interruption = new AbortController();

async function main(): Promise<void> {
  const typed = await parseTyped(process.argv.slice(2), process.stdout.columns ?? 80);
  if (typed.kind === 'text') {
    (typed.wrongUsage ? process.stderr : process.stdout).write(typed.text);
    if (typed.wrongUsage) process.exitCode = EXIT_CODE.usage;
    return;
  }
  await typed.command.run(
    { arguments: typed.arguments as never, options: typed.options as never },
    contextOf(typed.globals),
  );
  exitIfInterrupted();
}

function contextOf({ socket: named, json, color }: GlobalOptions): CommandContext {
  const { socket } = locations(named === undefined ? {} : { socket: named }, process.env);
  return {
    output: terminalOutput(process.stdout),
    environment: process.env,
    clock: systemClock,
    socket,
    json,
    style: styleOf(process.stdout, color),
    confirm: confirmOn(process.stdin, process.stdout),
    withDaemon: withDaemonAt(socket),
    failed() {
      process.exitCode = EXIT_CODE.failed;
    },
    interrupted() {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interruption.abort());
      return interruption.signal;
    },
  };
}

/** Colours on a terminal only, and not where NO_COLOR is set (no-color.org). */
function styleOf(stream: NodeJS.WriteStream, color: boolean): Style {
  const icons = isTerminal(stream);
  return { icons, colour: icons && color && !process.env['NO_COLOR'] };
}

function fail(error: unknown): void {
  const wantsColour = !process.argv.includes('--no-color');
  process.stderr.write(
    errorLines(error, styleOf(process.stderr, wantsColour))
      .map((line) => `${line}\n`)
      .join(''),
  );
  process.exitCode = exitCodeOf(error);
  exitIfInterrupted();
}

/** A call that nobody waits for any more must not hold the program. */
function exitIfInterrupted(): void {
  if (interruption.signal.aborted) process.exit();
}

/** `snooze history | head` closes the pipe early, which is no failure; what still goes on then ends as by ^C. */
function endWithReader(error: Error): void {
  if (systemCodeOf(error) !== 'EPIPE') throw error;
  interruption.abort();
}

process.stdout.on('error', endWithReader);
process.stderr.on('error', endWithReader);
main().catch(fail);
