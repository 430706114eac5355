/** Tells a webhook what happens to the host. Runs inside the daemon, so it imports nothing but Node's own modules and types. */
import { createHmac } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Plugin } from '@cloudsnooze/plugin';

type Config = {
  url: string;
  format?: 'generic' | 'slack';
  secret?: string;
  headers?: Record<string, string>;
  notify?: ('snooze' | 'resume' | 'events')[];
  attempts?: number;
  timeout_seconds?: number;
};

/** What is told. `at` is RFC 3339 UTC. */
type Notice = { kind: 'snooze' | 'resume' | 'event'; host: string; text: string; at: string; data: object };

const FIRST_PAUSE_MS = 500;
/** Longer than the daemon waits for any answer. */
const LONGEST_PAUSE_SECONDS = 3600;

export const plugin: Plugin<Config> = {
  async handleEvent({ event, config, signal }) {
    if (!wants(config, 'events')) return { handled: false };
    const deadline = event.deadline === null ? '' : `, by ${event.deadline}`;
    const rehearsal = event.data['rehearsal'] === true ? 'a rehearsal: ' : '';
    const text = `${rehearsal}${event.type} on ${hostname()}${deadline}`;
    await send({ kind: 'event', host: hostname(), text, at: event.timestamp, data: event }, config, signal);
    // It only passes the news on: whoever acts on the event shall have its turn.
    return { handled: false, result: 'sent' };
  },

  async beforeSnooze({ reason, idle_seconds: idleSeconds, action, config, signal, log }) {
    const doing = action === 'none' || action === 'exec' ? `snooze (${action})` : action;
    const text = `${hostname()} is about to ${doing}: idle for ${Math.round(idleSeconds / 60)} min (${reason})`;
    const data = { reason, idle_seconds: idleSeconds, action };
    if (wants(config, 'snooze')) await sendOrLog({ ...notice('snooze', text), data }, config, signal, log.warn);
    return { allow: true };
  },

  async afterResume({ stopped_at: stoppedAt, resumed_at: resumedAt, reason, config, signal, log }) {
    const text = `${hostname()} is back: stopped ${stoppedAt}, resumed ${resumedAt}`;
    const data = { stopped_at: stoppedAt, resumed_at: resumedAt, reason };
    if (wants(config, 'resume')) await sendOrLog({ ...notice('resume', text), data }, config, signal, log.warn);
  },
};

function wants({ notify = ['snooze', 'resume', 'events'] }: Config, what: 'snooze' | 'resume' | 'events'): boolean {
  return notify.includes(what);
}

function notice(kind: Notice['kind'], text: string): Omit<Notice, 'data'> {
  return { kind, host: hostname(), text, at: new Date().toISOString() };
}

/** A webhook that is away must not keep the host awake. */
async function sendOrLog(told: Notice, config: Config, signal: AbortSignal, warn: (message: string) => void) {
  try {
    await send(told, config, signal);
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error));
  }
}

/** Posts a notice, again after a pause where the service is away or overloaded. @throws Error with the last answer. */
async function send(told: Notice, config: Config, signal: AbortSignal): Promise<void> {
  const { url, format = 'generic', secret, attempts = 3, timeout_seconds: seconds = 5 } = config;
  const body = JSON.stringify(format === 'slack' ? { text: escapeForSlack(told.text) } : told);
  const headers = { 'content-type': 'application/json', ...config.headers, ...(secret && signature(body, secret)) };
  for (let attempt = 1; ; attempt++) {
    const problem = await post(url, { body, headers }, AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]));
    if (problem === undefined) return;
    // The path of a webhook is its password.
    const text = `${new URL(url).origin}: ${problem.text}`;
    const pauseMs = Math.max(FIRST_PAUSE_MS * 2 ** (attempt - 1), problem.pauseMs);
    if (!problem.isPassing || attempt >= attempts || !(await isAwaitedAfter(pauseMs, signal)))
      throw new Error(`${text}, after ${attempt} attempts`);
  }
}

/** Whether the daemon still waits after a pause; comes back at once when it does so no more. */
function isAwaitedAfter(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return pause(milliseconds, true, { signal }).catch(() => false);
}

/** Slack takes what stands in <…> for a link, or for everybody in the channel. */
function escapeForSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Nothing where it was taken. */
async function post(url: string, request: RequestInit, signal: AbortSignal) {
  try {
    const answer = await fetch(url, { method: 'POST', redirect: 'manual', signal, ...request });
    await answer.body?.cancel();
    if (answer.ok) return undefined;
    const isPassing = answer.status >= 500 || answer.status === 429 || answer.status === 408;
    return { text: `it answered ${answer.status}`, isPassing, pauseMs: retryAfterMs(answer) };
  } catch (error) {
    // Fetch's own message may have the whole URL in it.
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : 'it cannot be posted to';
    return { text: signal.aborted ? 'no answer in time' : cause, isPassing: true, pauseMs: 0 };
  }
}

/** How long the service asks to be left alone; 0 where it says nothing, or a date (RFC 9110, 10.2.3). */
function retryAfterMs(answer: Response): number {
  const seconds = Number(answer.headers.get('retry-after'));
  return Number.isFinite(seconds) ? Math.min(seconds, LONGEST_PAUSE_SECONDS) * 1000 : 0;
}

/** The time is signed too, so that a notice that was overheard cannot be sent again later. */
function signature(body: string, secret: string): Record<string, string> {
  const seconds = String(Math.floor(Date.now() / 1000));
  const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return { 'x-snooze-timestamp': seconds, 'x-snooze-signature': `sha256=${digest}` };
}
