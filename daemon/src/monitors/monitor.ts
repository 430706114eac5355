import type { Clock } from '../clock.ts';
import type { CommandRunner } from '../command.ts';
import type { HostFiles } from './host-files.ts';

/** What a monitor found at one instant. Only `measured` can ever be idle. */
export type Reading =
  | {
      status: 'measured';
      value: number;
      detail?: string;
      /** Idle whatever the threshold: `detail` says why there is nothing that could be busy. */
      idle?: true;
      /** Each GPU by itself. */
      gpus?: readonly Gpu[];
    }
  /** The rate needs one sample more: the first one, or a counter that was reset. */
  | { status: 'pending'; reason: string }
  /** This host has no such thing: the check does not count. */
  | { status: 'absent'; reason: string }
  | { status: 'failed'; reason: string };

/** One GPU at one instant: `gpu0`, its name, percent busy, and its memory where it tells it. */
export type Gpu = {
  id: string;
  name: string;
  percent: number;
  memoryUsedMib: number | null;
  memoryTotalMib: number | null;
};

/** What monitors may reach of the host: files, time, and for `nvidia-smi` alone a program. */
export type MonitorHost = {
  files: HostFiles;
  clock: Clock;
  run: CommandRunner;
  platform: NodeJS.Platform;
  /** The folders in which programs are looked for, as in `PATH`. */
  programPath: string;
  /** Nothing that costs a process is asked more often than this. */
  checkIntervalMs: () => number;
};

/** One use of a monitor: it remembers the counters of its last sample. */
export type MonitorSession = {
  /** Reads the host now; `signal` ends what takes long. May throw: the sampler makes a `failed` reading of it. */
  sample(signal: AbortSignal): Reading | Promise<Reading>;
};

/** One kind of metric. */
export type Monitor = {
  name: string;
  /** One line for people: what it measures. */
  title: string;
  unit: '%' | 'KiB/s' | 's' | 'load';
  /** `below`: idle at or under the threshold. `above`: idle at or over it (seconds since the last input). */
  idleWhen: 'below' | 'above';
  open(host: MonitorHost): MonitorSession;
};

/** Gives a monitor its type; every file of this room exports one, and `registry.ts` lists them. */
export function defineMonitor(monitor: Monitor): Monitor {
  return monitor;
}

/** All readings of one instant, by monitor name. */
export type Sample = {
  /** When it was taken: Unix milliseconds, and milliseconds since boot. */
  wallMs: number;
  bootMs: number;
  readings: Readonly<Record<string, Reading>>;
  /** How long each reading took, in milliseconds. */
  tookMs: Readonly<Record<string, number>>;
};
