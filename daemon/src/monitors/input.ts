import type { Clock } from '../clock.ts';
import type { HostFiles } from './host-files.ts';
import { defineMonitor } from './monitor.ts';

/** Seconds since somebody last typed, or was written to, on any terminal or keyboard. */
export const input = defineMonitor({
  name: 'input',
  title: 'time since the last input',
  unit: 's',
  idleWhen: 'above',
  open({ files, clock }) {
    const keyboard = createKeyboard(files, clock);
    const consoles = createConsoles(files, clock);
    return {
      sample() {
        const nowMs = clock.wallMs();
        const bootedMs = nowMs - clock.bootMs();
        const terminals = [...timesOf(files, pseudoTerminals(files)), ...consoles()];
        const latest = latestActivity(terminals, bootedMs);
        const typedMs = keyboard();
        // Nobody has been here since the host was started: that is how long there has been no input.
        const lastMs = Math.max(latest?.atMs ?? bootedMs, typedMs ?? bootedMs);
        const detail =
          typedMs !== undefined && typedMs >= lastMs
            ? 'keyboard'
            : latest
              ? `terminal ${latest.name}`
              : 'nobody is logged in';
        return { status: 'measured', value: Math.max(0, (nowMs - lastMs) / 1000), detail };
      },
    };
  },
});

export type Terminal = { name: string; atimeMs: number; mtimeMs: number };

/** Consoles that nobody ever used carry the time of boot; within this of it nothing was typed by a person. */
const BOOT_MS = 60_000;

/** The youngest access or modification of any terminal after the boot, or undefined where there is none. */
export function latestActivity(
  terminals: readonly Terminal[],
  bootedMs: number,
): { name: string; atMs: number } | undefined {
  let latest: { name: string; atMs: number } | undefined;
  for (const { name, atimeMs, mtimeMs } of terminals) {
    const atMs = Math.max(atimeMs, mtimeMs);
    const isConsole = name.startsWith('tty');
    if (isConsole && atMs <= bootedMs + BOOT_MS) continue;
    if (latest === undefined || atMs > latest.atMs) latest = { name, atMs };
  }
  return latest;
}

/** Old consoles are looked at again after so long: a host has dozens, and nearly all are never used. */
const CONSOLES_EVERY_MS = 10_000;

function pseudoTerminals(files: HostFiles): string[] {
  return files.listDev('pts').flatMap((name) => (name === 'ptmx' ? [] : [`pts/${name}`]));
}

/** The virtual and serial consoles: `tty1`, `ttyS0` … */
function createConsoles(files: HostFiles, clock: Clock): () => Terminal[] {
  let found: Terminal[] = [];
  let lookedBootMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (clock.bootMs() - lookedBootMs >= CONSOLES_EVERY_MS) {
      lookedBootMs = clock.bootMs();
      found = timesOf(
        files,
        files.listDev('').filter((name) => /^tty([1-9][0-9]*|S[0-9]+|AMA[0-9]+)$/.test(name)),
      );
    }
    return found;
  };
}

function timesOf(files: HostFiles, names: readonly string[]): Terminal[] {
  return names.flatMap((name) => {
    const times = files.terminalTimes(name);
    return times === undefined ? [] : [{ name, ...times }];
  });
}

/** Watches the interrupts of keyboards and mice: when their count last rose, as Unix ms. */
function createKeyboard(files: HostFiles, clock: Clock): () => number | undefined {
  if (!files.listSys('class/input').some((name) => name.startsWith('event'))) return () => undefined;
  let count: number | undefined;
  let lastMs: number | undefined;
  return () => {
    const now = inputInterrupts(files.proc('interrupts'));
    if (count !== undefined && now > count) lastMs = clock.wallMs();
    count = now;
    return lastMs;
  };
}

/**
 * The sum over all processors of the interrupts of the keyboard controller (i8042, with PS/2 mice) in
 * /proc/interrupts. USB keyboards share their controller's interrupt with disks, which would never be quiet.
 */
export function inputInterrupts(text: string): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.includes('i8042')) continue;
    for (const field of line
      .slice(line.indexOf(':') + 1)
      .trim()
      .split(/ +/)) {
      if (!/^\d+$/.test(field)) break;
      sum += Number(field);
    }
  }
  return sum;
}
