import { readFileSync } from 'node:fs';
import { sleep } from '../clock.ts';
import { describeError } from '../errors.ts';
import { local } from './local.ts';
import type { CloudSearch, Found, ProviderKind } from './provider.ts';
import { PROVIDERS } from './registry.ts';

export type { Found } from './provider.ts';
export type DetectOptions = Omit<CloudSearch, 'readFile'> & Partial<Pick<CloudSearch, 'readFile'>>;

/** At boot the daemon may be faster than the network: a cloud that ought to be there is given this long. */
const WAITS_MS = [500, 1_500, 3_000, 7_000, 15_000, 33_000];

/**
 * Finds the cloud this host is in: the configured one, or the first that is there. Never rejects: what cannot be found
 * out is `local`, with the reason in the log.
 */
export async function findProvider(options: DetectOptions, signal: AbortSignal): Promise<Found> {
  const search: CloudSearch = { readFile: readQuietly, ...options };
  const { provider_type: wanted } = search.config();
  for (const kind of PROVIDERS) {
    if (wanted !== '' && kind.name !== wanted) continue;
    const expectation = wanted === '' ? kind.expects(search) : 'yes';
    if (expectation === 'no') continue;
    const found = await ask(kind, search, { expected: expectation === 'yes', signal });
    if (found !== undefined) return found;
  }
  return await local.find(search, { expected: true, signal });
}

async function ask(
  kind: ProviderKind,
  search: CloudSearch,
  { expected, signal }: { expected: boolean; signal: AbortSignal },
): Promise<Found | undefined> {
  const { log, clock, config } = search;
  for (const waitMs of [...(expected ? WAITS_MS : []), undefined]) {
    try {
      return await kind.find(search, { expected, signal });
    } catch (error) {
      if (signal.aborted) return undefined;
      if (waitMs === undefined) {
        const said = `this host is taken for one in no cloud: ${describeError(error)}`;
        if (config().provider_type !== '') log.error({}, said);
        else if (expected) log.warn({}, said);
        else log.debug({}, said);
      } else {
        if (waitMs === WAITS_MS[0]) log.warn({}, `${kind.name} is asked again for a minute: ${describeError(error)}`);
        await sleep(clock, waitMs, signal);
      }
    }
  }
  return undefined;
}

function readQuietly(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // not this hardware, or a container, or not for this user
  }
}
