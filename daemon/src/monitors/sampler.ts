import { type Clock, sleep } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Monitor, MonitorHost, MonitorSession, Reading, Sample } from './monitor.ts';

/** Reads all monitors at one instant. */
export type Sampler = {
  /**
   * Never rejects. Who asks while a sample is taken, or at the instant of the last one, gets that one. `fresh`: with
   * nothing in it that a monitor found earlier, whatever that costs.
   */
  sample(options?: { fresh: boolean }): Promise<Sample>;
  /** Ends what is being read, and closes the files. */
  close(): void;
};

type Reader = { read(): Reading | Promise<Reading>; isReading(): boolean };

/** What has not answered by then is left behind; longer than `nvidia-smi` gets, so that its own words are heard. */
const LONGEST_READ_MS = 15_000;

/**
 * Reads what `monitors` names, which is asked anew for each sample: a monitor that is turned off does not run. One
 * that fails or hangs is a `failed` reading and never stops the others.
 */
export function createSampler(host: MonitorHost, monitors: () => readonly Monitor[]): Sampler {
  const closing = new AbortController();
  const readers = new Map<string, Reader>();
  let latest: Sample | undefined;
  let underWay: Promise<Sample> | undefined;
  let instantMs = 0;
  let isFresh = false;
  // one instant for all monitors, and one look at the time: it costs more than the reading of a file
  const frozen = {
    ...host,
    clock: { ...host.clock, bootMs: () => instantMs },
    checkIntervalMs: () => (isFresh ? 0 : host.checkIntervalMs()),
  };

  const readerOf = (monitor: Monitor): Reader => {
    const reader = readers.get(monitor.name) ?? createReader(() => monitor.open(frozen), host.clock, closing.signal);
    readers.set(monitor.name, reader);
    return reader;
  };
  const take = async (): Promise<Sample> => {
    const bootMs = host.clock.bootMs();
    if (latest?.bootMs === bootMs) return latest;
    instantMs = bootMs;
    const wallMs = host.clock.wallMs();
    const wanted = monitors();
    for (const [name, reader] of readers)
      if (!reader.isReading() && !wanted.some((monitor) => monitor.name === name)) readers.delete(name);
    const readings: Record<string, Reading> = {};
    const tookMs: Record<string, number> = {};
    const answers: Promise<void>[] = [];
    for (const monitor of wanted) {
      const startedMs = performance.now();
      const note = (reading: Reading) => {
        readings[monitor.name] = reading;
        tookMs[monitor.name] = Math.round((performance.now() - startedMs) * 10) / 10;
      };
      const found = readerOf(monitor).read();
      if (found instanceof Promise) answers.push(found.then(note));
      else note(found);
    }
    await Promise.all(answers);
    latest = { wallMs, bootMs, readings, tookMs };
    return latest;
  };
  return {
    sample({ fresh } = { fresh: false }) {
      if (underWay === undefined) isFresh = fresh;
      underWay ??= take().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
    close() {
      closing.abort();
      host.files.close();
    },
  };
}

/** A monitor that could not be opened is opened again by its next reading; one that still reads is not asked twice. */
function createReader(open: () => MonitorSession, clock: Clock, closing: AbortSignal): Reader {
  let session: MonitorSession | undefined;
  let readingSinceBootMs: number | undefined;

  const waitFor = async (answer: Promise<Reading>): Promise<Reading> => {
    readingSinceBootMs = clock.bootMs();
    const settled = answer.then(sound, failed).then((reading) => {
      readingSinceBootMs = undefined;
      return reading;
    });
    const waited = new AbortController();
    const late = sleep(clock, LONGEST_READ_MS, AbortSignal.any([closing, waited.signal]));
    const reading = await Promise.race([
      settled,
      late.then(() => (closing.aborted ? ENDING : failed(notWithin(LONGEST_READ_MS)))),
    ]);
    waited.abort();
    return reading;
  };
  const read = (): Reading | Promise<Reading> => {
    if (closing.aborted) return ENDING;
    if (readingSinceBootMs !== undefined) return failed(notWithin(clock.bootMs() - readingSinceBootMs));
    try {
      session ??= open();
      const found = session.sample(closing);
      return found instanceof Promise ? waitFor(found) : sound(found);
    } catch (error) {
      return failed(error);
    }
  };
  return { read, isReading: () => readingSinceBootMs !== undefined };
}

const ENDING: Reading = { status: 'failed', reason: 'snoozed is ending' };

/** Nothing that is no number, negative or without end ever leaves a monitor: it would look busy or idle by chance. */
function sound(reading: Reading): Reading {
  if (reading.status !== 'measured' || (Number.isFinite(reading.value) && reading.value >= 0)) return reading;
  return failed(`what was read is no number: ${reading.value}`);
}

function failed(why: unknown): Reading {
  return { status: 'failed', reason: messageOf(why) };
}

function notWithin(waitedMs: number): string {
  return `it has not answered for ${Math.round(waitedMs / 1000)} s`;
}
