import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { type Clock, sleep } from '@cloudsnooze/daemon/clock';
import { messageOf } from '@cloudsnooze/daemon/errors';
import type { Manifest } from '@cloudsnooze/daemon/plugins/manifest/manifest';
import type { Trial } from '@cloudsnooze/daemon/plugins/trial';
import { type Answer, createAsking, type Verdict } from '../asking.ts';
import { buildInPlace } from '../build.ts';
import { specOf } from '../plugin-config.ts';
import { openPluginFolder, validManifest } from '../plugin-folder.ts';
import { type Workbench, withTrial } from '../session.ts';
import { folderState } from './folder-state.ts';
import type { LiveMetrics } from './live-metrics.ts';

export type DevOptions = {
  directory: string;
  config: Record<string, unknown>;
  intervalMs: number;
  metrics: LiveMetrics;
  bench: Omit<Workbench, 'spec'>;
  tell: Tell;
};

/** What is shown to whoever watches. */
export type Tell = {
  started(manifest: Manifest, built: string | null): void;
  verdict(answer: Answer<Verdict>, tookMs: number): void;
  /** It does not run; it is started again when a file is saved. */
  failed(why: string): void;
  changed(): void;
};

const LOOK_EVERY_MS = 300;

/** Runs a plugin against this host's own metrics and starts it anew whenever one of its files is saved. */
export async function develop(options: DevOptions): Promise<void> {
  const { directory, bench, tell } = options;
  while (!bench.signal.aborted) {
    const watched = { made: builtFileOf(directory), before: '' };
    watched.before = folderState(directory, watched.made);
    try {
      await runUntilChanged(options, watched);
    } catch (error) {
      if (bench.signal.aborted) return;
      tell.failed(error instanceof Error ? error.message : messageOf(error));
      await change(options, watched);
    }
    if (!bench.signal.aborted) tell.changed();
  }
}

/** What the folder looked like when its program was read; `made` is the file that the build makes. */
type Watched = { made: string | undefined; before: string };

async function runUntilChanged(options: DevOptions, watched: Watched): Promise<void> {
  const { directory, bench, tell } = options;
  const manifest = validManifest(openPluginFolder(directory));
  const built = await buildInPlace(manifest, directory, bench.environment);
  const copy = manifest.type === 'native' ? freshCopy(directory) : undefined;
  const stopped = new AbortController();
  const signal = AbortSignal.any([bench.signal, stopped.signal]);
  try {
    const spec = specOf(manifest, copy ?? directory, options.config);
    await withTrial({ ...bench, spec, signal }, 'auto', async (trial) => {
      await trial.initialize();
      tell.started(manifest, built);
      const changed = change(options, watched).finally(() => stopped.abort());
      await keepAsking(trial, { ...options, signal, spec });
      await changed;
    });
  } finally {
    if (copy !== undefined) rmSync(copy, { recursive: true, force: true });
  }
}

async function keepAsking(
  trial: Trial,
  { metrics, intervalMs, bench, tell, signal, spec }: DevOptions & { signal: AbortSignal; spec: Workbench['spec'] },
): Promise<void> {
  const { clock } = bench;
  const asking = createAsking(trial, spec);
  if (!asking.capabilities.includes('check_idle')) return;
  await metrics.read(); // the first one of a rate is only its beginning
  do {
    const measured = await metrics.read();
    const startedMs = performance.now();
    const answer = await asking.check({ metrics: measured });
    if (signal.aborted) return;
    tell.verdict(answer, Math.round((performance.now() - startedMs) * 10) / 10);
    const isGone = answer.kind === 'nothing' && trial.process !== null && (await hasEnded(trial, clock));
    if (isGone) return tell.failed('it has ended');
  } while (await sleep(clock, intervalMs, signal));
}

/** Waits until a file is saved, or nobody wants to go on. */
async function change({ directory, bench }: DevOptions, { made, before }: Watched): Promise<void> {
  while (await sleep(bench.clock, LOOK_EVERY_MS, bench.signal)) {
    if (folderState(directory, made) !== before) return;
  }
}

async function hasEnded(trial: Trial, clock: Clock): Promise<boolean> {
  const over = new AbortController();
  trial.runner.ended.then(
    () => over.abort(),
    () => over.abort(),
  );
  await sleep(clock, 50, over.signal);
  return over.signal.aborted;
}

/** The file that the build makes, whose change is none of the author's. */
function builtFileOf(directory: string): string | undefined {
  try {
    const { build, exec } = validManifest(openPluginFolder(directory));
    return build === undefined || exec === undefined ? undefined : normalize(exec.command);
  } catch {
    return undefined; // it is told when it is started
  }
}

/** A module that was loaded once stays loaded: each start gets a copy, whose modules are new ones. */
function freshCopy(directory: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'snooze-plugin-'));
  cpSync(directory, copy, { recursive: true });
  return copy;
}
