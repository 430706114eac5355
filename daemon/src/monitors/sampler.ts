import { messageOf } from '../errors.ts';
import type { Monitor, MonitorHost, MonitorSession, Reading, Sample } from './monitor.ts';

/** Reads all monitors at one instant. */
export type Sampler = {
  sample(): Promise<Sample>;
  close(): void;
};

/** Opens every monitor once; one that fails is a `failed` reading and never stops the others. */
export function createSampler(host: MonitorHost, monitors: readonly Monitor[]): Sampler {
  const sessions = monitors.map((monitor) => ({ name: monitor.name, session: openQuietly(monitor, host) }));
  return {
    async sample() {
      const wallMs = host.clock.wallMs();
      const bootMs = host.clock.bootMs();
      const readings = await Promise.all(
        sessions.map(async ({ name, session }) => [name, await read(session)] as const),
      );
      return { wallMs, bootMs, readings: Object.fromEntries(readings) };
    },
    close: () => host.files.close(),
  };
}

function openQuietly(monitor: Monitor, host: MonitorHost): MonitorSession {
  try {
    return monitor.open(host);
  } catch (error) {
    return { sample: () => ({ status: 'failed', reason: messageOf(error) }) };
  }
}

async function read(session: MonitorSession): Promise<Reading> {
  try {
    return await session.sample();
  } catch (error) {
    return { status: 'failed', reason: messageOf(error) };
  }
}
