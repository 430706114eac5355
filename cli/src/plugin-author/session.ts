import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@cloudsnooze/daemon/clock';
import { createLeases } from '@cloudsnooze/daemon/idle/leases';
import type { InstanceSpec } from '@cloudsnooze/daemon/plugins/manifest/instance-spec';
import { type Exchange, startTrial, type Trial, type TrialOptions } from '@cloudsnooze/daemon/plugins/trial';
import { openStore } from '@cloudsnooze/daemon/store/open';

export type { Exchange } from '@cloudsnooze/daemon/plugins/trial';

/** What the tools of an author need of the world, and where they tell what happens. */
export type Workbench = {
  spec: InstanceSpec;
  environment: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** Aborts when nobody wants to go on. */
  signal: AbortSignal;
  onExchange(exchange: Exchange): void;
  /** A line of the plugin's log. */
  onLog(level: 'debug' | 'info' | 'warn' | 'error', line: string): void;
  /** Something on its standard output that is no answer to anything. */
  onStray(what: string, kind: 'junk' | 'too-large' | 'late-answer' | 'unknown-answer'): unknown;
};

/** One that floods its output is told of so often. */
const MOST_STRAYS = 20;

/**
 * Starts the plugin in a folder of its own, lets `act` work with it, and ends it in any case: afterwards neither a
 * process nor a file of it is left.
 */
export async function withTrial<T>(
  bench: Workbench,
  sandbox: 'auto' | 'off',
  act: (trial: Trial) => Promise<T>,
): Promise<T> {
  const home = mkdtempSync(join(tmpdir(), 'snooze-plugin-'));
  const stand = openStandIn(bench, home);
  let trial: Trial | undefined;
  let strays = 0;
  const interrupt = () => void trial?.stop().catch(() => {});
  try {
    trial = await startTrial({
      spec: bench.spec,
      stateDirectory: home,
      sandbox,
      environment: { ...bench.environment },
      ...(stand && { services: stand.services }),
      clock: bench.clock,
      log: logOf(bench),
      onFault({ message, kind }) {
        strays += 1;
        if (strays <= MOST_STRAYS) bench.onStray(message, kind);
      },
      onExchange: bench.onExchange,
    });
    bench.signal.addEventListener('abort', interrupt, { once: true });
    return await act(trial);
  } finally {
    bench.signal.removeEventListener('abort', interrupt);
    await trial?.stop();
    stand?.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** What a plugin may ask of the daemon, for one that asks for more than its log: real, and gone with the trial. */
function openStandIn({ spec, clock, onLog }: Workbench, home: string): StandIn | undefined {
  const asked = (spec.manifest.permissions?.host ?? []).some((method) => method !== 'Host.Log');
  if (!asked) return undefined;
  const store = openStore({ stateDirectory: home, clock, log: SILENT });
  let sent = 0;
  return {
    services: {
      keyValue: store.keyValue,
      leases: createLeases(),
      async emit({ type, data }) {
        sent += 1;
        onLog('info', `it sends the event ${type} ${JSON.stringify(data)}`);
        return `sent-${sent}`;
      },
    },
    close: () => store.close(),
  };
}

type StandIn = { services: NonNullable<TrialOptions['services']>; close(): void };

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** The host logs the strays, too; they are told once. */
function logOf({ onLog }: Workbench) {
  const at = (level: Parameters<Workbench['onLog']>[0]) => (_fields: object, line: string) => {
    if (!line.startsWith('on its standard output: ')) onLog(level, line);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
