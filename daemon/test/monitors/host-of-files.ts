import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Clock } from '../../src/clock.ts';
import { runCommand } from '../../src/command.ts';
import { openHostFiles } from '../../src/monitors/host-files.ts';
import type { Monitor, MonitorHost, Reading } from '../../src/monitors/monitor.ts';
import { createSampler } from '../../src/monitors/sampler.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/**
 * A host whose /proc and /sys are files of a test, and one monitor that reads it. Paths are relative to the root; a
 * path that ends in `/` is a folder, a text that begins with `-> ` is a link.
 */
export function hostOfFiles(
  t: TestContext,
  monitor: Monitor,
  files: Record<string, string>,
  other: Partial<MonitorHost> = {},
) {
  const root = temporaryDirectory(t);
  const clock = createFakeClock();
  const write = (path: string, text: string) => {
    const full = join(root, path);
    mkdirSync(path.endsWith('/') ? full : dirname(full), { recursive: true });
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), full);
    else if (!path.endsWith('/')) writeFileSync(full, text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  const sampler = createSampler({ ...hostBelow(root, clock), ...other }, () => [monitor]);
  t.after(() => sampler.close());
  const sample = async (): Promise<Reading | undefined> => (await sampler.sample()).readings[monitor.name];
  return {
    root,
    clock,
    sampler,
    write,
    remove: (path: string) => rmSync(join(root, path), { recursive: true }),
    sample,
    /** Changes a file, lets the time pass, and samples again. */
    async next(path: string, text: string, afterMs = 10_000) {
      write(path, text);
      await clock.advance(afterMs);
      return sample();
    },
  };
}

/** Counts things, such as disks, in one file as text. */
export type Counted = { monitor: Monitor; path: string; text: (counts: Record<string, number>) => string };

/** What a monitor makes of 10 seconds in which every thing but `grown` stood still. */
export async function growthSeen(
  t: TestContext,
  { monitor, path, text }: Counted,
  { names, grown, sys }: { names: string[]; grown: [name: string, by: number]; sys: Record<string, string> },
): Promise<string> {
  const still = Object.fromEntries(names.map((name) => [name, 0]));
  const host = hostOfFiles(t, monitor, { [path]: text(still), ...sys });
  await host.sample();
  return inWords(await host.next(path, text({ ...still, [grown[0]]: grown[1] })));
}

/** A Linux host of the files below a folder, without any program, that is checked once a minute. */
export function hostBelow(root: string, clock: Clock): MonitorHost {
  return {
    files: openHostFiles(rootsBelow(root)),
    clock,
    run: runCommand,
    platform: 'linux',
    programPath: '',
    checkIntervalMs: () => 60_000,
  };
}

export function rootsBelow(root: string) {
  return { procRoot: join(root, 'proc'), sysRoot: join(root, 'sys'), devRoot: join(root, 'dev') };
}

/** The reason of a reading that has no value; its status with it, so that one assertion shows both. */
export function inWords(reading: Reading | undefined): string {
  return reading === undefined || reading.status === 'measured'
    ? `measured ${reading?.value}`
    : `${reading.status}: ${reading.reason}`;
}
