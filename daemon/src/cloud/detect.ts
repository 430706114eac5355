import { readFileSync } from 'node:fs';
import { describeError } from '../errors.ts';
import { local } from './local.ts';
import type { CloudSearch, Found, ProviderKind } from './provider.ts';
import { PROVIDERS } from './registry.ts';

export type DetectOptions = Omit<CloudSearch, 'readFile'> & Partial<Pick<CloudSearch, 'readFile'>>;

/** What one search for the cloud has found. */
export type Answer =
  /** `sure` where nothing can be found by asking again. */
  | { kind: 'found'; found: Found; sure: boolean }
  /** By its hardware or its configuration this host is in a cloud, which does not say who the host is. */
  | { kind: 'silent'; reason: string };

/**
 * Looks once for the cloud this host is in: the configured one, or the first that is there. Never rejects, and never
 * takes a host for a local one where anything says that it is in a cloud.
 */
export async function findProvider(
  options: DetectOptions,
  signal: AbortSignal,
  kinds: readonly ProviderKind[] = PROVIDERS,
): Promise<Answer> {
  const search: CloudSearch = { readFile: readQuietly, ...options };
  const { provider_type: wanted } = search.config();
  let sure = true;
  for (const kind of kinds) {
    if (wanted !== '' && kind.name !== wanted) continue;
    const expectation = wanted === '' ? kind.expects(search) : 'yes';
    if (expectation === 'no') continue;
    const expected = expectation === 'yes';
    try {
      const found = await kind.find(search, { expected, signal });
      return { kind: 'found', found, sure: sure || kind.name !== local.name };
    } catch (error) {
      const reason = describeError(error);
      if (expected) return { kind: 'silent', reason };
      search.log.debug({}, `${kind.name} does not answer: ${reason}`);
      sure = false;
    }
  }
  return { kind: 'found', found: await local.find(search, { expected: true, signal }), sure };
}

function readQuietly(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // not this hardware, or a container, or not for this user
  }
}
