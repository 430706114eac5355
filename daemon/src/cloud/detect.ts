import { readFileSync } from 'node:fs';
import { describeError } from '../errors.ts';
import { local } from './local.ts';
import { type CloudSearch, type Found, leave, type ProviderKind } from './provider.ts';
import { PROVIDERS } from './registry.ts';

export type DetectOptions = Omit<CloudSearch, 'readFile'> & Partial<Pick<CloudSearch, 'readFile'>>;

/** What one search for the cloud has found. */
export type Answer =
  /** `sure` where nothing can be found by asking again. */
  | { kind: 'found'; found: Found; sure: boolean }
  /** By its hardware or its configuration this host is in a cloud, which does not say who the host is. */
  | { kind: 'silent'; reason: string };

/**
 * Looks once for the cloud this host is in: the configured one, the one that its hardware names, or the first that
 * answers. Never rejects, and never takes a host for a local one where anything says that it is in a cloud.
 */
export async function findProvider(
  options: DetectOptions,
  signal: AbortSignal,
  kinds: readonly ProviderKind[] = PROVIDERS,
): Promise<Answer> {
  const search: CloudSearch = { readFile: readQuietly, ...options };
  const { provider_type: wanted } = search.config();
  const clouds = kinds.filter(({ name }) => name !== local.name && (wanted === '' || name === wanted));
  const guesses: ProviderKind[] = [];
  for (const kind of clouds) {
    const expectation = wanted === '' ? kind.expects(search) : 'yes';
    if (expectation === 'yes') return ask(kind, search, signal);
    if (expectation === 'maybe') guesses.push(kind);
  }
  const found = await askAll(guesses, search, signal);
  if (found !== undefined) return { kind: 'found', found, sure: true };
  const sure = guesses.length === 0;
  return { kind: 'found', found: await local.find(search, { expected: true, signal }), sure };
}

async function ask(kind: ProviderKind, search: CloudSearch, signal: AbortSignal): Promise<Answer> {
  try {
    return { kind: 'found', found: await kind.find(search, { expected: true, signal }), sure: true };
  } catch (error) {
    return { kind: 'silent', reason: describeError(error) };
  }
}

/** All at once, for the address of one cloud hangs in another; the first that answers as itself is it. */
async function askAll(
  kinds: readonly ProviderKind[],
  search: CloudSearch,
  signal: AbortSignal,
): Promise<Found | undefined> {
  const settled = new AbortController();
  const either = AbortSignal.any([signal, settled.signal]);
  let first: Found | undefined;
  const guess = async (kind: ProviderKind) => {
    try {
      const found = await kind.find(search, { expected: false, signal: either });
      if (first !== undefined) return leave(found);
      first = found;
      settled.abort();
    } catch (error) {
      if (!either.aborted) search.log.debug({}, `${kind.name} does not answer: ${describeError(error)}`);
    }
  };
  await Promise.all(kinds.map(guess));
  return first;
}

function readQuietly(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // not this hardware, or a container, or not for this user
  }
}
