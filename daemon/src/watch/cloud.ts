import { sleep } from '../clock.ts';
import { type Answer, type DetectOptions, findProvider } from '../cloud/detect.ts';
import { type Found, type Identity, leave, type Provider } from '../cloud/provider.ts';
import { createSilentProvider } from '../cloud/silent.ts';

/** What is known of the cloud so far. */
export type CloudWatch = {
  /** The cloud, `local`, or one that refuses everything while it is not known which one it is. */
  provider(): Provider;
  /** How often the cloud's metadata service was asked; null where there is none. EC2's gives tokens. */
  metadataCounts(): { requests: number; tokens?: number } | null;
  /** Looks for the cloud anew: the configuration that names it has changed. */
  searchAgain(): void;
  stop(): Promise<void>;
};

const FIRST_WAIT_MS = 750;
/** A spot notice comes two minutes ahead: a host that is in a cloud must not look for it more seldom. */
const LONGEST_WAIT_MS = 60_000;
/** Where nothing but the lack of other signs speaks for a cloud. */
const LONGEST_GUESS_WAIT_MS = 30 * 60_000;

/**
 * Looks for the cloud until it is found; nobody waits for it. The network may be slower than the daemon at boot, and
 * the metadata service may be away for hours.
 * @param onChange is called when the provider, or what keeps it from being known, is another one; the old one's
 * connection is closed when the promise resolves.
 */
export function watchCloud(options: DetectOptions, onChange: (found: Found) => Promise<void>): CloudWatch {
  const { clock, log } = options;
  let current: Found = { provider: createSilentProvider('nobody has answered yet'), imds: null, metadata: null };
  let reason: string | undefined;
  let ending = new AbortController();

  const become = async (found: Found, line: string) => {
    log.info({}, line);
    await replace(found);
  };
  const replace = async (found: Found) => {
    const before = current;
    current = found;
    await onChange(found);
    leave(before);
  };
  const take = async (answer: Answer) => {
    if (answer.kind === 'silent') {
      if (reason === answer.reason) return;
      // One line however many ways there are of not answering; `snooze status` tells the newest.
      if (reason === undefined) log.warn({}, `the cloud is not known, and is asked until it answers: ${answer.reason}`);
      reason = answer.reason;
      await replace({ provider: createSilentProvider(answer.reason), imds: null, metadata: null });
      return;
    }
    reason = undefined;
    const { identity, name } = answer.found.provider;
    if (identity !== null) {
      await become(answer.found, `this is ${nameOf(identity)}`);
    } else if (current.provider.name !== name) await become(answer.found, 'this host is in no cloud');
  };
  const search = async ({ signal }: AbortController) => {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const answer = await findProvider(options, signal);
      if (signal.aborted) {
        if (answer.kind === 'found') leave(answer.found);
        return;
      }
      await take(answer);
      if (answer.kind === 'found' && answer.sure) return;
      const longest = answer.kind === 'silent' ? LONGEST_WAIT_MS : LONGEST_GUESS_WAIT_MS;
      await sleep(clock, Math.min(FIRST_WAIT_MS * 2 ** attempt, longest), signal);
    }
  };
  let searching = search(ending);

  return {
    provider: () => current.provider,
    metadataCounts: () => current.imds?.counts() ?? current.metadata?.counts() ?? null,
    searchAgain() {
      ending.abort();
      const next = new AbortController();
      ending = next;
      searching = searching.then(() => search(next));
    },
    async stop() {
      ending.abort();
      await searching;
      leave(current);
    },
  };
}

/** An instance for people, with its type and its region as far as its cloud tells them. Pure. */
export function nameOf({ instanceId, instanceType, region }: Identity): string {
  const type = instanceType === null ? '' : ` (${instanceType})`;
  return `${instanceId}${type}${region === null ? '' : ` in ${region}`}`;
}
