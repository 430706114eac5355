import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../clock.ts';
import { messageOf, SnoozeError } from '../../errors.ts';

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
const BODY_LIMIT_BYTES = 64 * 1024;
const DEFAULT_TIMEOUT_MS = 2_000;

/** The service's address; null where the environment turns it off. The variables are the AWS SDK's own. */
export function imdsEndpoint(environment: NodeJS.ProcessEnv): string | null {
  if (environment['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return null;
  return environment['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || 'http://169.254.169.254';
}

/** A client that keeps its token and its connection, for a poller; formats as in the EC2 user guide. */
export function createImds({ endpoint, clock, timeoutMs = DEFAULT_TIMEOUT_MS }: ImdsOptions): Imds {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const base = new URL(endpoint);
  let token: { text: string; renewBootMs: number } | undefined;
  let requests = 0;
  let tokens = 0;

  const send = (method: 'GET' | 'PUT', path: string, headers: Record<string, string>, signal?: AbortSignal) => {
    requests += 1;
    const url = new URL(`/latest/${path}`, base);
    return exchange(http.request(url, { method, headers, agent, ...(signal && { signal }) }), timeoutMs);
  };

  const freshToken = async (signal?: AbortSignal): Promise<string> => {
    if (token !== undefined && clock.bootMs() < token.renewBootMs) return token.text;
    token = undefined;
    const { status, body } = await send(
      'PUT',
      'api/token',
      { 'X-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) },
      signal,
    );
    if (status !== 200 || body === '') throw refusal(status, 'a token');
    tokens += 1;
    token = { text: body, renewBootMs: clock.bootMs() + TOKEN_SECONDS * 1000 - RENEW_BEFORE_MS };
    return body;
  };

  const getOnce = async (path: string, signal?: AbortSignal) =>
    send('GET', path, { 'X-aws-ec2-metadata-token': await freshToken(signal) }, signal);

  return {
    async get(path, signal) {
      try {
        let answer = await getOnce(path, signal);
        if (answer.status === 401) {
          token = undefined;
          answer = await getOnce(path, signal);
        }
        if (answer.status === 404) return undefined;
        if (answer.status !== 200) throw refusal(answer.status, path);
        return answer.body;
      } catch (error) {
        throw error instanceof SnoozeError ? error : unreachable(endpoint, error);
      }
    },
    counts: () => ({ requests, tokens }),
    close: () => agent.destroy(),
  };
}

function exchange(
  request: import('node:http').ClientRequest,
  timeoutMs: number,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    request.on('error', fail);
    request.on('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > BODY_LIMIT_BYTES) request.destroy(new Error(`an answer of more than ${BODY_LIMIT_BYTES} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('aborted', () => fail(new Error('the answer broke off')));
      response.on('end', () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    request.end();
  });
}

function refusal(status: number, what: string): SnoozeError {
  const meaning =
    status === 403 ? 'instance metadata is turned off' : status === 401 ? 'the token was refused twice' : 'it failed';
  return new SnoozeError(
    'SNOOZE_E_METADATA',
    `the metadata service answered ${status} when asked for ${what}: ${meaning}`,
    {
      ...(status === 403 && { hint: 'turn it on: aws ec2 modify-instance-metadata-options --http-endpoint enabled' }),
    },
  );
}

function unreachable(endpoint: string, cause: unknown): SnoozeError {
  return new SnoozeError(
    'SNOOZE_E_METADATA',
    `the metadata service at ${endpoint} cannot be reached: ${messageOf(cause)}`,
    {
      hint: 'on EC2 inside a container the hop limit must be 2 or more; elsewhere set provider_type to "local"',
      cause,
    },
  );
}
