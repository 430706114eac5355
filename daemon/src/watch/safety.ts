import type { Clock } from '../clock.ts';
import type { Provider, SafetyFinding } from '../cloud/provider.ts';
import type { Config } from '../config/config.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';

/** Whether stopping this host is safe, as far as it is known. */
export type SafetyWatch = {
  /** Undefined until the look has ended; an empty list where nothing is to say. */
  findings(): readonly SafetyFinding[] | undefined;
  /** Forgets what was found, and looks: the provider or what is to be done has changed. */
  lookAnew(): void;
  /** A snooze is near: looks once more, unless that was done a short while ago. */
  lookBeforeSnooze(): void;
  stop(): Promise<void>;
};

export type SafetyParts = { provider: () => Provider; config: () => Config; clock: Clock; log: Log };

/** An obstacle goes when a person lifts it; each look is a process and a handful of calls that EC2 counts. */
const FIRST_WAIT_MS = 5 * 60_000;
const LONGEST_WAIT_MS = 30 * 60_000;
const STALE_AFTER_MS = 10 * 60_000;

/** Looks whether a stop is safe, again and again while something hinders it, and before a snooze. */
export function watchSafety({ provider, config, clock, log }: SafetyParts): SafetyWatch {
  const ending = new AbortController();
  let findings: readonly SafetyFinding[] | undefined;
  let told: readonly SafetyFinding[] = [];
  let lookedBootMs = Number.NEGATIVE_INFINITY;
  let hinderedLooks = 0;
  let waiting = false;
  let cancel = () => {};
  let looking: Promise<void> = Promise.resolve();

  const look = async () => {
    waiting = false;
    cancel();
    if (ending.signal.aborted) return;
    const found = await lookFor(provider(), config(), ending.signal);
    if (ending.signal.aborted || waiting) return; // what was found is old news where another look waits
    findings = found;
    lookedBootMs = clock.bootMs();
    tell(found);
    hinderedLooks = found.some(mayPass) ? hinderedLooks + 1 : 0;
    if (hinderedLooks === 0) return;
    cancel = clock.after(Math.min(FIRST_WAIT_MS * 2 ** (hinderedLooks - 1), LONGEST_WAIT_MS), lookSoon);
  };
  const lookSoon = () => {
    if (waiting || ending.signal.aborted) return;
    waiting = true;
    looking = looking.then(look);
  };
  const tell = (found: readonly SafetyFinding[]) => {
    const isSaid = (message: string) => told.some((before) => before.message === message);
    // That the cloud is not known has been said by who looks for it.
    const hindering = found.filter(({ id, effect }) => effect !== 'fine' && id !== 'cloud-unknown');
    for (const { message } of hindering) if (!isSaid(message)) log.warn({}, message);
    if (told.length > 0 && hindering.length === 0) log.info({}, 'nothing speaks against a stop any more');
    told = hindering;
  };

  return {
    findings: () => findings,
    lookAnew() {
      findings = undefined;
      hinderedLooks = 0;
      lookSoon();
    },
    lookBeforeSnooze() {
      if (clock.bootMs() - lookedBootMs >= STALE_AFTER_MS && findings !== undefined) lookSoon();
    },
    async stop() {
      ending.abort();
      cancel();
      await looking;
    },
  };
}

/** Whether somebody may lift it while the daemon runs. */
function mayPass({ id, effect }: SafetyFinding): boolean {
  // The search for the cloud goes on by itself.
  if (id === 'cloud-unknown' || id === 'no-cloud') return false;
  return effect === 'forbids' || (effect === 'warns' && (id === 'permission' || id === 'look-failed'));
}

async function lookFor(provider: Provider, config: Config, signal: AbortSignal): Promise<SafetyFinding[]> {
  const { action, dry_run: dryRun } = config;
  // Only a stop through the cloud can be unsafe; the other actions need no permission of it.
  if (action !== 'stop' && provider.identity !== null) return [];
  const findings = await lookSafely(provider, signal);
  if (action !== 'stop') return findings.filter(({ id }) => id === 'cloud-unknown').map(warning);
  // Rehearsed is everything that could be tried; where no cloud stops the host that is how the product is tried out.
  return findings.map((finding) => (dryRun && finding.id === 'no-cloud' ? warning(finding) : finding));
}

function warning(finding: SafetyFinding): SafetyFinding {
  return { ...finding, effect: 'warns' };
}

async function lookSafely(provider: Provider, signal: AbortSignal): Promise<SafetyFinding[]> {
  try {
    return await provider.look(signal);
  } catch (error) {
    const message = `it is not known whether a stop is safe: ${describeError(error)}`;
    return [{ id: 'look-failed', effect: 'forbids', message }];
  }
}
