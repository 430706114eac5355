import { systemClock } from '../../../daemon/src/clock.ts';
import type { CommandContext } from '../../src/context.ts';
import { EXIT_CODE, exitCodeOf } from '../../src/exit-code.ts';
import { parseTyped } from '../../src/program.ts';
import { errorLines } from '../../src/render/error.ts';
import { withDaemonAt } from '../../src/with-daemon.ts';
import type { Finished, RunOptions } from './run-cli.ts';

const PIPE = { colour: false, icons: false };

/**
 * What `snooze` says and ends with in a pipe, in this process: all of it but what `main.ts` does with the real one, for
 * tests of what a command does rather than of the program. It looks at the folder that this process is in.
 */
export async function callCli(
  typed: readonly string[],
  { socket = '/nonexistent/snoozed.sock', environment = {} }: Pick<RunOptions, 'socket' | 'environment'> = {},
): Promise<Finished> {
  const finished: Finished = { code: EXIT_CODE.done, stdout: '', stderr: '' };
  const context: Omit<CommandContext, 'socket' | 'json'> = {
    output: {
      isTerminal: false,
      write(text) {
        finished.stdout += text;
      },
      size: () => ({ columns: 80, rows: 24 }),
      onResize: () => () => {},
      beforeExit: (leave) => leave,
    },
    environment: { PATH: process.env['PATH'], ...environment },
    clock: systemClock,
    style: PIPE,
    confirm: null,
    withDaemon: withDaemonAt(socket),
    failed() {
      finished.code = EXIT_CODE.failed;
    },
    interrupted: () => new AbortController().signal,
  };
  try {
    const asked = await parseTyped(typed, 80);
    if (asked.kind === 'text') {
      finished[asked.wrongUsage ? 'stderr' : 'stdout'] += asked.text;
      if (asked.wrongUsage) finished.code = EXIT_CODE.usage;
      return finished;
    }
    const { command, arguments: named, options, globals } = asked;
    await command.run(
      { arguments: named as never, options: options as never },
      { ...context, socket, json: globals.json },
    );
  } catch (error) {
    finished.stderr += errorLines(error, PIPE)
      .map((line) => `${line}\n`)
      .join('');
    finished.code = exitCodeOf(error);
  }
  return finished;
}
