import { isPlainObject } from '../../config/difference.ts';
import { SnoozeError } from '../../errors.ts';
import { isAnswered } from '../../rpc/codes.ts';
import { RpcAnswerError } from '../../rpc/errors.ts';
import type { Runner } from '../runners/runner.ts';
import { type CommandResult, commandAnswer, type Diagnosis, diagnosisAnswer } from './answers.ts';
import { type HandlingParts, send } from './handling.ts';

const DIAGNOSE_TIMEOUT_MS = 60_000;
const COMMAND_TIMEOUT_MS = 120_000;
const INFO_TIMEOUT_MS = 1_000;

/**
 * Has a plugin look into what it watches; `categories` are all where the list is empty.
 * @throws SnoozeError SNOOZE_E_PLUGIN_START, SNOOZE_E_PLUGIN_ANSWER, SNOOZE_E_PLUGIN_TIMEOUT
 */
export async function diagnose(
  parts: HandlingParts,
  categories: readonly string[],
  signal: AbortSignal,
): Promise<Diagnosis> {
  const params = categories.length === 0 ? {} : { categories };
  const how = {
    method: 'Diagnose',
    what: 'diagnoses itself',
    cause: 'snooze plugin diagnose',
    timeoutMs: DIAGNOSE_TIMEOUT_MS,
  };
  return diagnosisAnswer(parts.instance, await ask(parts, how, params, signal));
}

/**
 * Has a plugin do a command of its own.
 * @throws SnoozeError SNOOZE_E_PLUGIN_START, SNOOZE_E_PLUGIN_ANSWER, SNOOZE_E_PLUGIN_TIMEOUT
 */
export async function runPluginCommand(
  parts: HandlingParts,
  { command, args }: { command: string; args: readonly string[] },
  signal: AbortSignal,
): Promise<CommandResult> {
  const how = {
    method: 'RunCommand',
    what: `runs ${command}`,
    cause: 'snooze plugin run',
    timeoutMs: COMMAND_TIMEOUT_MS,
  };
  return commandAnswer(parts.instance, await ask(parts, how, { command, args }, signal));
}

/** What a plugin says of itself, which need not be what its manifest says; null where it says nothing in time. */
export async function askInfo(runner: Runner | undefined): Promise<Record<string, unknown> | null> {
  try {
    const answer = await runner?.call('Info', {}, { timeoutMs: INFO_TIMEOUT_MS });
    return isPlainObject(answer) ? answer : null;
  } catch {
    return null;
  }
}

async function ask(
  parts: HandlingParts,
  { method, ...how }: { method: string; what: string; cause: string; timeoutMs: number },
  params: object,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    return await send(parts, { ...how, signal }, (runner, leftMs) =>
      runner.call(method, params, { timeoutMs: leftMs, signal }),
    );
  } catch (error) {
    if (!(error instanceof RpcAnswerError)) throw error;
    const { instance } = parts;
    const message = isAnswered(error, 'methodNotFound')
      ? `${instance} does not do ${method}`
      : `${instance}: ${error.message}`;
    throw new SnoozeError('SNOOZE_E_PLUGIN_ANSWER', message, { cause: error });
  }
}
