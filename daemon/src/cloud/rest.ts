import type { CommandRunner } from '../command.ts';
import { SnoozeError } from '../errors.ts';
import { callerEnvironment, callInProcess } from './call-process.ts';
import { at, textOf } from './json-answer.ts';

/** One call of a cloud's REST API. */
export type RestRequest = { method: 'GET' | 'POST' | 'PATCH'; url: string; body?: unknown };

/** What came of it; `body` is null where it is no JSON. */
export type RestAnswer = { reached: true; status: number; body: unknown } | { reached: false; message: string };

export type Rest = {
  /**
   * Makes the calls side by side in one short-lived process; each has its own answer, in the order of the requests.
   * @throws SnoozeError SNOOZE_E_CLOUD_FAILED when the process itself fails.
   */
  call(token: string, requests: readonly RestRequest[], signal: AbortSignal): Promise<RestAnswer[]>;
};

/** The REST APIs of the cloud that `calls` names in words. */
export function createRest(calls: string, environment: NodeJS.ProcessEnv, run: CommandRunner): Rest {
  const env = callerEnvironment(environment, /^$/);
  const restProcess = { calls, program: 'rest-process', near: import.meta.url, env, run };
  return {
    call: async (token, requests, signal) =>
      (await callInProcess(restProcess, { token, requests }, signal)) as RestAnswer[],
  };
}

/** Which permission a call needs, and what to do where it is not given; the cloud as it is called in a sentence. */
export type Need = { cloud: string; permission: string; hint: string };

/**
 * The answer's body.
 * @throws SnoozeError SNOOZE_E_CLOUD_DENIED or SNOOZE_E_CLOUD_FAILED when the call was refused or failed.
 */
export function bodyOf(answer: RestAnswer | undefined, { cloud, permission, hint }: Need): unknown {
  if (answer === undefined || !answer.reached) {
    const why = answer?.message || 'it gave no answer';
    throw new SnoozeError('SNOOZE_E_CLOUD_FAILED', `${cloud} cannot be reached for ${permission}: ${why}`);
  }
  const { status, body } = answer;
  if (status >= 200 && status < 300) return body;
  const said = textOf(at(body, 'error', 'message')) ?? 'it gave no reason';
  if (status === 401 || status === 403) {
    throw new SnoozeError('SNOOZE_E_CLOUD_DENIED', `${cloud} denies ${permission}: ${said}`, { hint });
  }
  throw new SnoozeError('SNOOZE_E_CLOUD_FAILED', `${cloud} answered ${status} to ${permission}: ${said}`);
}

/**
 * The address of a cloud's API, with a slash at its end.
 * @throws SnoozeError SNOOZE_E_CLOUD_FAILED where a token would go over a network in the open, or it is no address.
 */
export function apiAddress(text: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && /^(127(\.\d+){3}|localhost|\[::1\])$/.test(url.hostname));
  if (isSafe) return text.endsWith('/') ? text : `${text}/`;
  const message = `${source} is ${JSON.stringify(text)}, and must be an https address`;
  throw new SnoozeError('SNOOZE_E_CLOUD_FAILED', message, { hint: `unset it in the daemon's environment` });
}
