import { fileURLToPath } from 'node:url';
import type { CommandResult, CommandRunner } from '../command.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import { parseJson } from './json-answer.ts';

export type CloudProcess = {
  /** What it calls, in words: "EC2". */
  calls: string;
  /** The program beside `near`, without its ending: it is a source, or JavaScript as it is packaged. */
  program: string;
  near: string;
  env: Record<string, string>;
  run: CommandRunner;
};

const TIMEOUT_MS = 60_000;

/**
 * Gives requests to a short-lived program, and its answers back: one for each, in their order.
 * A process and not a worker thread: with EC2's SDK a call costs 235 ms against 147 ms, but the daemon's RSS grows by
 * 1 MiB against 90 MiB that an ended worker does not give back.
 * @throws SnoozeError SNOOZE_E_CLOUD_FAILED when the program itself fails.
 */
export async function callInProcess(
  { calls, program, near, env, run }: CloudProcess,
  input: { requests: readonly unknown[] } & Record<string, unknown>,
  signal: AbortSignal,
): Promise<unknown[]> {
  const file = fileURLToPath(new URL(`./${program}${near.endsWith('.ts') ? '.ts' : '.js'}`, near));
  const failed = (what: string, cause?: unknown) =>
    new SnoozeError('SNOOZE_E_CLOUD_FAILED', `the process that calls ${calls} failed: ${what}`, { cause });
  const args = ['--disable-warning=ExperimentalWarning', file];
  const options = { timeoutMs: TIMEOUT_MS, env, input: JSON.stringify(input), signal };
  const result = await run(process.execPath, args, options).catch((cause: unknown) => {
    throw failed(messageOf(cause), cause);
  });
  const answers = parseJson(result.stdout);
  if (result.exitCode !== 0) throw failed(`it ended with ${result.exitCode}: ${lineOfError(result)}`);
  if (Array.isArray(answers) && answers.length === input.requests.length) return answers;
  throw failed(`its answer is not understood: ${result.stdout.slice(0, 80).trim() || 'it is empty'}`);
}

function lineOfError({ stderr }: CommandResult): string {
  const lines = stderr.trim().split('\n');
  return (lines.find((text) => /Error/.test(text)) ?? lines.at(-1))?.trim() || 'it said nothing';
}

/** The variables of the daemon's environment that a program that calls a cloud may read, and those that `also` names. */
export function callerEnvironment(environment: NodeJS.ProcessEnv, also: RegExp): Record<string, string> {
  const wanted = /^(PATH|HOME|(https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|NODE_COMPILE_CACHE)$/i;
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      (wanted.test(name) || also.test(name)) && value !== undefined ? [[name, value]] : [],
    ),
  );
}
