#!/usr/bin/env node
import { isatty } from 'node:tty';
import { type Arguments, HELP, parseArguments } from './arguments.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { describeError, messageOf, SnoozeError } from './errors.ts';
import { VERSION } from './version.ts';

/** Ends the process with the exit code that DESIGN.md gives to this error. */
function exitCodeOf(error: unknown): number {
  if (!(error instanceof SnoozeError)) return 1;
  if (error.code === 'SNOOZE_E_USAGE') return 2;
  if (error.code === 'SNOOZE_E_NOT_PERMITTED') return 4;
  return error.code.startsWith('SNOOZE_E_CONFIG_') ? 5 : 1;
}

async function main(): Promise<void> {
  process.title = 'snoozed'; // what `top`, `pgrep` and `systemctl status` call it
  const typed = parseArguments(process.argv.slice(2));
  if (typed.show !== undefined) {
    process.stdout.write(typed.show === 'help' ? HELP : `snoozed ${VERSION}\n`);
    return;
  }
  await run(typed);
}

async function run(typed: Arguments): Promise<void> {
  let daemon: Daemon | undefined;
  let asked: string | undefined;
  const terminals = [0, 1, 2].filter(isatty);
  const end = (signal: NodeJS.Signals) => {
    asked ??= signal;
    daemon?.stop(signal).then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('SIGHUP', () => {
    // A terminal that was closed is none any more: nobody could end by ^C what goes on without it.
    if (terminals.every(isatty)) void daemon?.reload('SIGHUP');
    else end('SIGHUP');
  });
  daemon = await startDaemon(typed);
  // A signal that came during the start is honoured now.
  if (asked !== undefined) end(asked as NodeJS.Signals);
}

function fail(error: unknown): never {
  const text = error instanceof SnoozeError ? describeError(error) : `unexpected: ${messageOf(error)}`;
  process.stderr.write(`snoozed: ${text}\n`);
  process.exit(exitCodeOf(error));
}

main().catch(fail);
