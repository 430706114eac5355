import type { Clock } from '../../clock.ts';
import { messageOf, SnoozeError, systemCodeOf } from '../../errors.ts';
import { exchange, type HttpAnswer } from '../exchange.ts';

// An import of node:http would load undici with it, 12 MiB that are never used.
const http = process.getBuiltinModule('node:http');

/** EC2's instance metadata service, version 2: one token, one connection. */
export type Imds = {
  /**
   * The text of an item below `/latest/` (`meta-data/…`, `dynamic/…`), or undefined where there is none (404).
   * @throws SnoozeError SNOOZE_E_METADATA when the service is away, off, failing or too slow.
   */
  get(path: string, signal?: AbortSignal): Promise<string | undefined>;
  /** How many requests were made, and how many tokens fetched. */
  counts(): { requests: number; tokens: number };
  close(): void;
};

export type ImdsOptions = { endpoint: string; clock: Clock; timeoutMs?: number };

const TOKEN_SECONDS = 21_600;
/** A token is renewed while it is still good. */
const RENEW_BEFORE_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 2_000;

/** The service's address; null where the environment turns it off. The variables are the AWS SDK's own. */
export function imdsEndpoint(environment: NodeJS.ProcessEnv): string | null {
  if (environment['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return null;
  const given = environment['AWS_EC2_METADATA_SERVICE_ENDPOINT'];
  if (given) return given;
  const mode = environment['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE']?.toLowerCase();
  return mode === 'ipv6' ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254';
}

/**
 * A client that keeps its token and its connection, for a poller; formats as in the EC2 user guide.
 * @throws SnoozeError SNOOZE_E_METADATA when the endpoint is no http address.
 */
export function createImds({ endpoint, clock, timeoutMs = DEFAULT_TIMEOUT_MS }: ImdsOptions): Imds {
  const base = parseEndpoint(endpoint);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  let token: { text: string; renewBootMs: number } | undefined;
  let fetching: { text: Promise<string>; signal: AbortSignal | undefined } | undefined;
  let requests = 0;
  let tokens = 0;

  const send = async (method: 'GET' | 'PUT', path: string, options: SendOptions): Promise<HttpAnswer> => {
    const { headers, signal } = options;
    const url = new URL(`/latest/${path}`, base);
    const begin = () => {
      requests += 1;
      return http.request(url, { method, headers, agent, ...(signal && { signal }) });
    };
    try {
      return await exchange(begin, { clock, timeoutMs });
    } catch (error) {
      throw unreachable({ endpoint, path, cause: error });
    }
  };

  const fetchToken = async (signal: AbortSignal | undefined): Promise<string> => {
    const headers = { 'X-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) };
    const { status, body } = await send('PUT', TOKEN_PATH, { headers, signal });
    if (status !== 200) throw refusal(status, 'a token');
    // Anything else could not be sent back as a header.
    if (!/^[\x21-\x7e]{1,1024}$/.test(body)) throw notUnderstood('a token');
    tokens += 1;
    token = { text: body, renewBootMs: clock.bootMs() + TOKEN_SECONDS * 1000 - RENEW_BEFORE_MS };
    return body;
  };
  /** One for all who need one at the same time; where the one who asks for it gives up, another asks. */
  const freshToken = async (signal: AbortSignal | undefined): Promise<string> => {
    if (token !== undefined && clock.bootMs() < token.renewBootMs) return token.text;
    while (fetching !== undefined) {
      const other = fetching;
      try {
        return await other.text;
      } catch (error) {
        if (!other.signal?.aborted) throw error;
      }
    }
    const text = fetchToken(signal).finally(() => {
      fetching = undefined;
    });
    fetching = { text, signal };
    return text;
  };

  const getOnce = async (path: string, signal?: AbortSignal) => {
    const used = await freshToken(signal);
    const answer = await send('GET', path, { headers: { 'X-aws-ec2-metadata-token': used }, signal });
    // Somebody else may have replaced it meanwhile.
    if (answer.status === 401 && token?.text === used) token = undefined;
    return answer;
  };

  return {
    async get(path, signal) {
      let answer = await getOnce(path, signal);
      if (answer.status === 401) answer = await getOnce(path, signal);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw refusal(answer.status, path);
      return answer.body;
    },
    counts: () => ({ requests, tokens }),
    close: () => agent.destroy(),
  };
}

type SendOptions = { headers: Record<string, string>; signal: AbortSignal | undefined };

const TOKEN_PATH = 'api/token';
const MEANINGS: Record<number, string> = {
  401: 'the token was refused twice',
  403: 'instance metadata is turned off',
  404: 'it is not that of EC2, or has version 1 alone, which is not used',
  429: 'it is asked too often',
};

function parseEndpoint(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol === 'http:') return url;
  const message = `the metadata service's address is ${JSON.stringify(endpoint)}, and must begin with http://`;
  throw new SnoozeError('SNOOZE_E_METADATA', message, { hint: 'correct AWS_EC2_METADATA_SERVICE_ENDPOINT' });
}

function refusal(status: number, what: string): SnoozeError {
  const message = `the metadata service answered ${status} when asked for ${what}: ${MEANINGS[status] ?? 'it failed'}`;
  const hint = 'turn it on: aws ec2 modify-instance-metadata-options --http-endpoint enabled';
  return new SnoozeError('SNOOZE_E_METADATA', message, { cause: { status }, ...(status === 403 && { hint }) });
}

function notUnderstood(what: string): SnoozeError {
  return new SnoozeError('SNOOZE_E_METADATA', `the metadata service answered with something that is not ${what}`);
}

function unreachable({ endpoint, path, cause }: { endpoint: string; path: string; cause: unknown }): SnoozeError {
  const message = `the metadata service at ${endpoint} cannot be reached: ${messageOf(cause)}`;
  // The answer to the PUT travels with the hop limit as its TTL: behind a container's bridge a limit of 1 loses it.
  const lost = path === TOKEN_PATH && systemCodeOf(cause) === 'ETIMEDOUT';
  if (!lost) return new SnoozeError('SNOOZE_E_METADATA', message, { cause });
  return new SnoozeError('SNOOZE_E_METADATA', `${message} when asked for a token, as where the hop limit is too low`, {
    hint: 'in a container the hop limit must be 2: aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 2; on a host outside of EC2 set provider_type to "local"',
    cause,
  });
}
