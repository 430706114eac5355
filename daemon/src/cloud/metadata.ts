import type { Clock } from '../clock.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import { exchange, type HttpAnswer } from './exchange.ts';

// An import of node:http would load undici with it, 12 MiB that are never used.
const http = process.getBuiltinModule('node:http');

/** A metadata service that is asked with a header and no token: Azure's and Google's. */
export type Metadata = {
  /**
   * Asks for an item by its path and query; with `post` it sends that JSON. Gives answers with status 200 only.
   * @throws SnoozeError SNOOZE_E_METADATA when the service is away, failing, too slow, or another one.
   */
  ask(path: string, options?: AskOptions): Promise<Pick<HttpAnswer, 'headers' | 'body'>>;
  /** How many requests were made. */
  counts(): { requests: number };
  close(): void;
};

export type AskOptions = { timeoutMs?: number; signal?: AbortSignal | undefined; post?: string };

export type MetadataOptions = {
  endpoint: string;
  clock: Clock;
  /** Without it the service refuses. */
  header: readonly [name: string, value: string];
  /** Whether its answers carry the header, too: any other answer is somebody else's. */
  echoes: boolean;
};

/** The address at which every cloud has its metadata service. */
export const LINK_LOCAL_ENDPOINT = 'http://169.254.169.254';

const DEFAULT_TIMEOUT_MS = 2_000;
/** A scale set may have many events with many machines each. */
const LIMIT_BYTES = 1024 * 1024;

/**
 * A client that keeps its connections.
 * @throws SnoozeError SNOOZE_E_METADATA when the endpoint is no http address.
 */
export function createMetadata({ endpoint, clock, header: [name, value], echoes }: MetadataOptions): Metadata {
  if (!URL.canParse(endpoint) || new URL(endpoint).protocol !== 'http:')
    throw failure(`the metadata service's address is ${JSON.stringify(endpoint)}, and must be an http address`);
  const agent = new http.Agent({ keepAlive: true });
  let requests = 0;

  return {
    async ask(path, { timeoutMs = DEFAULT_TIMEOUT_MS, signal, post: body }: AskOptions = {}) {
      const url = new URL(path, endpoint);
      const headers = { [name]: value, ...(body !== undefined && { 'Content-Type': 'application/json' }) };
      const method = body === undefined ? 'GET' : 'POST';
      const begin = () => {
        requests += 1;
        return http.request(url, { method, headers, agent, ...(signal && { signal }) });
      };
      const answer = await exchange(begin, { clock, timeoutMs, body, limitBytes: LIMIT_BYTES }).catch((cause) => {
        throw failure(`the metadata service at ${endpoint} cannot be reached: ${messageOf(cause)}`, cause);
      });
      if (answer.status !== 200)
        throw failure(`the metadata service answered ${answer.status} when asked for ${url.pathname}`);
      if (echoes && answer.headers[name.toLowerCase()] !== value)
        throw failure(`what answers at ${endpoint} is not the metadata service: it sends no ${name}: ${value}`);
      return answer;
    },
    counts: () => ({ requests }),
    close: () => agent.destroy(),
  };
}

function failure(message: string, cause?: unknown): SnoozeError {
  return new SnoozeError('SNOOZE_E_METADATA', message, { cause });
}
