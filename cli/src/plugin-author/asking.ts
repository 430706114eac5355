import { messageOf, SnoozeError } from '@cloudsnooze/daemon/errors';
import { eventAnswer, idleAnswer } from '@cloudsnooze/daemon/plugins/instance/answers';
import { capabilitiesOf, type InstanceSpec } from '@cloudsnooze/daemon/plugins/manifest/instance-spec';
import type { Trial } from '@cloudsnooze/daemon/plugins/trial';
import { CONTEXT, sampleEvent } from './samples.ts';

/** What came of a call, with the daemon's own reading of the answer. */
export type Answer<T> =
  | { kind: 'answered'; value: T }
  /** It answered with an error. */
  | { kind: 'error'; message: string; code: number }
  /** It did not answer in time, not at all, or with nonsense. */
  | { kind: 'nothing'; message: string };

export type Verdict = { isIdle: boolean; reason: string };

const DEFAULT_CHECK_SECONDS = 5;
const DEFAULT_EVENT_SECONDS = 30;
/** For calls that the manifest names no time for. */
export const OTHER_CALLS_MS = 5_000;

/** Asks a plugin on trial as the daemon asks it, and never throws. */
export function createAsking({ runner }: Trial, { instance, manifest }: InstanceSpec) {
  const checkMs = (manifest.timeouts?.check_seconds ?? DEFAULT_CHECK_SECONDS) * 1000;
  const eventMs = (manifest.timeouts?.event_seconds ?? DEFAULT_EVENT_SECONDS) * 1000;
  const call = (method: string, params: unknown, timeoutMs = OTHER_CALLS_MS, signal?: AbortSignal) =>
    settle(runner.call(method, params, { timeoutMs, ...(signal && { signal }) }));
  return {
    checkMs,
    call,
    capabilities: capabilitiesOf(manifest),
    async check(params: Record<string, unknown>): Promise<Answer<Verdict>> {
      const context = { ...CONTEXT, ...(params['context'] as object | undefined), deadline_ms: checkMs };
      const answer = await call('CheckIdle', { ...params, context }, checkMs);
      return understand(answer, (value) => idleAnswer(instance, value));
    },
    async handle(event: Record<string, unknown>): Promise<Answer<{ handled: boolean }>> {
      return understand(await call('HandleEvent', { event }, eventMs), (value) => eventAnswer(instance, value));
    },
    /** A call that any plugin answers somehow while it lives. */
    async isAlive(): Promise<string | null> {
      const { kind, ...rest } = await call('NoSuchMethod', {});
      return kind === 'nothing' && 'message' in rest ? rest.message : null;
    },
    event: (type: string, id: string, wallMs: number) => sampleEvent(type, { id, wallMs }),
  };
}

export type Asking = ReturnType<typeof createAsking>;

async function settle(calling: Promise<unknown>): Promise<Answer<unknown>> {
  try {
    return { kind: 'answered', value: await calling };
  } catch (error) {
    const code = !(error instanceof SnoozeError) && error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code === 'number') return { kind: 'error', message: messageOf(error), code };
    return { kind: 'nothing', message: messageOf(error) };
  }
}

function understand<T>(answer: Answer<unknown>, read: (value: unknown) => T): Answer<T> {
  if (answer.kind !== 'answered') return answer;
  try {
    return { kind: 'answered', value: read(answer.value) };
  } catch (error) {
    return { kind: 'nothing', message: messageOf(error) };
  }
}

/** What is wrong with an answer that should have been a verdict or a handled event, or null. */
export function wrongWith(answer: Answer<unknown>): string | null {
  if (answer.kind === 'answered') return hasNoReason(answer.value) ? 'it gives no reason' : null;
  return answer.kind === 'error' ? `it answered with an error: ${answer.message}` : answer.message;
}

/** The daemon puts words of its own where a plugin gives none. */
function hasNoReason(value: unknown): boolean {
  const { reason } = value as { reason?: string };
  return reason?.endsWith(' gives no reason') === true;
}
