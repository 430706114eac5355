/** Busy while an HTTP service says so. Runs inside the daemon, so it imports nothing but types. */
import type { Plugin, Verdict } from '@cloudsnooze/plugin';

type Config = {
  url: string;
  headers?: Record<string, string>;
  path?: string;
  limit?: number;
  busy_values?: string[];
  busy_statuses?: number[];
  if_down?: 'unknown' | 'idle';
  timeout_seconds?: number;
};

/** More of an answer than this is not read. */
const BODY_BYTES = 1024 * 1024;
const SHOWN_CHARACTERS = 100;

export const plugin: Plugin<Config> = {
  async checkIdle({ config, signal }) {
    const { url, path = '', busy_statuses: busyStatuses = [], timeout_seconds: seconds = 4 } = config;
    const limited = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
    let answer: Response;
    const failed = (error: unknown) => {
      const why = limited.aborted ? `no answer in ${seconds} s` : (codeOf(error) ?? String(error));
      return new Error(`${shown(url)}: ${why}`, { cause: error });
    };
    try {
      answer = await ask(config, limited);
    } catch (error) {
      if (config.if_down === 'idle' && codeOf(error) === 'ECONNREFUSED')
        return { is_idle: true, reason: `nothing listens at ${shown(url)}` };
      throw failed(error);
    }
    if (busyStatuses.includes(answer.status)) {
      await answer.body?.cancel();
      return { is_idle: false, reason: `${shown(url)} answered ${answer.status}`, details: { status: answer.status } };
    }
    if (!answer.ok) {
      await answer.body?.cancel();
      // Not followed: a page to log in would be taken for a service that is idle.
      const hint = answer.status >= 300 && answer.status < 400 ? ': set url to where it leads' : '';
      throw new Error(`${shown(url)} answered ${answer.status} ${answer.statusText}${hint}`);
    }
    if (path === '') {
      await answer.body?.cancel();
      return { is_idle: true, reason: `${shown(url)} answered ${answer.status}`, details: { status: answer.status } };
    }
    const text = await readText(answer, url).catch((error) => {
      throw limited.aborted ? failed(error) : error;
    });
    return judge(pick(parseJson(text, url), path, url), config);
  },
};

/** Asks; a name and password in the URL go where HTTP has them. */
function ask({ url, headers: given }: Config, signal: AbortSignal): Promise<Response> {
  const address = new URL(url);
  const headers = new Headers(given);
  const login = [address.username, address.password].map(decodeURIComponent).join(':');
  address.username = '';
  address.password = '';
  if (login !== ':' && !headers.has('authorization'))
    headers.set('authorization', `Basic ${Buffer.from(login).toString('base64')}`);
  return fetch(address, { headers, signal, redirect: 'manual' });
}

/** What the value at the path says. A value of another kind is no verdict. */
function judge(value: unknown, { path = '', limit = 0, busy_values: busyValues = [] }: Config): Verdict {
  const details = { value };
  const number = Array.isArray(value) ? value.length : value;
  if (typeof number === 'number') {
    const what = Array.isArray(value) ? `${path} has ${number} entries` : `${path} is ${number}`;
    return { is_idle: number <= limit, reason: `${what}, idle up to ${limit}`, details };
  }
  if (typeof value === 'boolean' || value === null)
    return { is_idle: value !== true, reason: `${path} is ${value}`, details };
  if (typeof value === 'string' && busyValues.length > 0)
    return {
      is_idle: !busyValues.includes(value),
      reason: `${path} is "${value.slice(0, SHOWN_CHARACTERS)}"`,
      details,
    };
  const hint =
    typeof value === 'string'
      ? 'set busy_values to the texts that mean busy'
      : 'expected a number, a list, a text or a boolean';
  throw new Error(`${path} is ${JSON.stringify(value).slice(0, SHOWN_CHARACTERS)}: ${hint}`);
}

/** The value at a path such as `jobs.0.state`. */
function pick(answer: unknown, path: string, url: string): unknown {
  let value = answer;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key))
      throw new Error(`the answer of ${shown(url)} has no ${path}: ${key} is missing`);
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

async function readText(answer: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > BODY_BYTES) throw new Error(`the answer of ${shown(url)} is larger than 1 MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`the answer of ${shown(url)} is no JSON`, { cause: error });
  }
}

/** A URL without what may be secret in it. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** What the system says of a connection that failed. */
function codeOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  const errors = cause instanceof AggregateError ? cause.errors : [cause];
  const codes = errors.map((each: unknown) =>
    each instanceof Error && 'code' in each ? String(each.code) : undefined,
  );
  return codes.find((code) => code !== undefined);
}
