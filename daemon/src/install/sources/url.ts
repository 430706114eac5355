import { messageOf, SnoozeError, systemCodeOf } from '../../errors.ts';
import { LARGEST_PACKAGE_BYTES } from '../read-tarball.ts';
import { cannotFetch, definePackageSource, isLoopback } from './source.ts';

const MOST_REDIRECTS = 5;
const TIMEOUT_MS = 300_000;
const LARGEST_SIGNATURE_BYTES = 10_000;
const MIB = 1024 * 1024;

/** A tarball behind an https URL, and its signature where the server has one beside it. */
export const url = definePackageSource({
  name: 'url',
  is: (typed) => /^https?:\/\//i.test(typed),
  async fetch(typed, { signal }) {
    const contents = await get(typed, LARGEST_PACKAGE_BYTES, signal);
    if (contents === null) throw cannotFetch(typed, 'the server has no such file (404)');
    const beside = new URL(typed);
    beside.pathname += '.minisig';
    const signature = await get(beside.href, LARGEST_SIGNATURE_BYTES, signal);
    return { contents, source: typed, signature: signature?.toString('utf8') ?? null };
  },
});

/**
 * What a URL holds; null where the server has nothing there (404).
 * @throws SnoozeError SNOOZE_E_FETCH
 */
export async function get(address: string, mostBytes: number, ended: AbortSignal): Promise<Buffer | null> {
  const signal = AbortSignal.any([ended, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    let next = new URL(address);
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
      if (next.protocol !== 'https:' && !(next.protocol === 'http:' && isLoopback(next)))
        throw cannotFetch(address, `only https is possible, and this is ${next.origin}`);
      const answer = await fetch(next, { redirect: 'manual', signal });
      const location = answer.headers.get('location');
      if (answer.status >= 300 && answer.status < 400 && location !== null) {
        await answer.body?.cancel();
        next = new URL(location, next);
      } else if (answer.status === 404) {
        await answer.body?.cancel();
        return null;
      } else if (!answer.ok) {
        await answer.body?.cancel();
        throw cannotFetch(address, `${next.host} answered ${answer.status} ${answer.statusText}`.trim());
      } else return await bodyOf(answer, address, mostBytes);
    }
    throw cannotFetch(address, `it leads on more than ${MOST_REDIRECTS} times`);
  } catch (error) {
    if (error instanceof SnoozeError) throw error;
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    if (/CERT|VERIFY|SIGNED/.test(systemCodeOf(cause) ?? ''))
      throw cannotFetch(address, `its certificate is not trusted (${messageOf(cause).split(';')[0]})`, {
        hint: 'if its authority is one of this host, put NODE_USE_SYSTEM_CA=1 before the command, or NODE_EXTRA_CA_CERTS=FILE',
        cause: error,
      });
    const noTls = /:SSL routines:[^:]*:(?<reason>[^:]+):/.exec(messageOf(cause))?.groups?.['reason'];
    if (noTls !== undefined)
      throw cannotFetch(address, `the server does not speak TLS as https needs it (${noTls})`, { cause: error });
    throw cannotFetch(address, messageOf(cause), { cause: error });
  }
}

async function bodyOf(answer: Response, address: string, mostBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > mostBytes)
      throw cannotFetch(
        address,
        `it has more than ${mostBytes < MIB ? `${mostBytes} bytes` : `${mostBytes / MIB} MiB`}`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
