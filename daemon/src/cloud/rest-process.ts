/**
 * The child that makes the calls of a cloud's REST API: one JSON list of requests on standard input, one JSON list of
 * answers on standard output. TLS and its certificates cost MiB that the daemon would keep; this process lives for a moment.
 */
import { messageOf } from '../errors.ts';
import { parseJson } from './json-answer.ts';
import type { RestAnswer, RestRequest } from './rest.ts';

const REQUEST_TIMEOUT_MS = 20_000;

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const { token, requests } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
  token: string;
  requests: RestRequest[];
};
process.stdout.write(JSON.stringify(await Promise.all(requests.map(call))));

async function call({ method, url, body }: RestRequest): Promise<RestAnswer> {
  try {
    const answer = await fetch(url, {
      method,
      // A token must not follow to another host.
      redirect: 'error',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      // Google asks for a length even of nothing.
      body: body === undefined ? (method === 'GET' ? null : '') : JSON.stringify(body),
    });
    // A proxy's page, or nothing, is an answer too.
    return { reached: true, status: answer.status, body: parseJson(await answer.text()) ?? null };
  } catch (error) {
    return { reached: false, message: messageOf(error instanceof Error ? (error.cause ?? error) : error) };
  }
}
