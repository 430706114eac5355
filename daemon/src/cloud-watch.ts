import { readFileSync } from 'node:fs';
import { type DetectOptions, type Found, findProvider } from './cloud/detect.ts';
import type { SafetyFinding } from './cloud/provider.ts';
import { describeError } from './errors.ts';

/** What is known of the cloud so far. */
export type CloudWatch = {
  /** Undefined until it is known. */
  found(): Found | undefined;
  known: Promise<Found>;
  /** Undefined until the safety look has ended; an empty list where nothing is to say. */
  safety(): readonly SafetyFinding[] | undefined;
  /** Looks once more whether a stop is safe. */
  lookAgain(): void;
  stop(): Promise<void>;
};

/** Finds the cloud, then looks whether stopping this host is safe at all. Start-up does not wait for it. */
export function watchCloud(options: DetectOptions, onChange: () => void): CloudWatch {
  const ending = new AbortController();
  let found: Found | undefined;
  let safety: readonly SafetyFinding[] | undefined;
  let looking: Promise<void> = Promise.resolve();

  const look = async ({ provider }: Found) => {
    // Only a stop through the cloud can be unsafe; the other actions need no permission of it.
    const findings = options.config().action === 'stop' ? await lookSafely(provider.look(ending.signal)) : [];
    safety = findings;
    for (const { effect, message } of findings) if (effect !== 'fine') options.log.warn({}, message);
    onChange();
  };
  const known = findProvider(options, ending.signal).then((result) => {
    found = result;
    const { provider } = result;
    options.log.info(
      {},
      provider.identity === null
        ? 'this host is in no cloud'
        : `this is ${provider.identity.instanceId} (${provider.identity.instanceType}) in ${provider.identity.region}`,
    );
    looking = look(result);
    onChange();
    return result;
  });

  return {
    found: () => found,
    known,
    safety: () => safety,
    lookAgain() {
      looking = looking.then(() => found && look(found));
    },
    async stop() {
      ending.abort();
      await known;
      await looking;
      found?.imds?.close();
    },
  };
}

async function lookSafely(look: Promise<SafetyFinding[]>): Promise<SafetyFinding[]> {
  try {
    return await look;
  } catch (error) {
    return [
      {
        id: 'look-failed',
        effect: 'warns',
        message: `it is not known whether a stop is safe: ${describeError(error)}`,
      },
    ];
  }
}

/** A name for this boot of the host: random(4), boot_id. */
export function bootId(bootedWallMs: number): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
  } catch {
    return String(Math.round(bootedWallMs / 60_000)); // no Linux: the minute of the boot
  }
}
