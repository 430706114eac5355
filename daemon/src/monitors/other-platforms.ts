import { loadavg } from 'node:os';
import type { Monitor, MonitorSession, Reading } from './monitor.ts';

/** The parts of systeminformation that are used; the package is loaded only where there is no /proc. */
export type Information = Pick<
  typeof import('systeminformation'),
  'currentLoad' | 'mem' | 'networkStats' | 'fsStats' | 'graphics'
>;
type Reader = (information: Information, platform: NodeJS.Platform) => Promise<number | null>;

/** What needs two samples. The first of systeminformation is null, 0, or what has been since the boot. */
const RATES: Record<string, Reader> = {
  cpu: async (information) => (await information.currentLoad()).currentLoad,
  network: async (information) => {
    const interfaces = (await information.networkStats('*')).filter(({ iface }) => !iface.startsWith('lo'));
    return kibPerSecond(interfaces.flatMap(({ rx_sec, tx_sec }) => [rx_sec, tx_sec]));
  },
  disk: async (information, platform) => {
    const stats: { rx_sec: number | null; wx_sec: number | null } | null = await information.fsStats();
    if (stats === null) throw cannotBeMeasured(platform);
    return kibPerSecond([stats.rx_sec, stats.wx_sec]);
  },
};

const LEVELS: Record<string, Reader> = {
  memory: async (information) => {
    const { total, available } = await information.mem();
    return (1 - available / total) * 100;
  },
  load: async (_information, platform) => {
    // Node gives 0 there, for ever
    if (platform === 'win32') throw cannotBeMeasured(platform);
    return loadavg()[0] ?? null;
  },
  gpu: async (information) => {
    const { controllers } = await information.graphics();
    const used = controllers.flatMap(({ utilizationGpu }) => utilizationGpu ?? []);
    return used.length > 0 ? Math.max(...used) : null;
  },
};

/** The same monitor where there is no /proc; what systeminformation cannot tell there is `failed`, and so never idle. */
export function onOtherPlatforms(
  monitor: Monitor,
  load: () => Promise<Information> = () => import('systeminformation'),
): Monitor {
  const { name } = monitor;
  return {
    ...monitor,
    open: ({ platform }): MonitorSession => {
      let isFirst = true;
      return {
        async sample(): Promise<Reading> {
          const read = RATES[name] ?? LEVELS[name];
          if (read === undefined) throw cannotBeMeasured(platform);
          const value = await read(await load(), platform);
          const needsAnother = name in RATES && (isFirst || value === null || value < 0);
          isFirst = false;
          if (needsAnother) return { status: 'pending', reason: `${name} needs a second sample` };
          if (value !== null) return { status: 'measured', value };
          if (name === 'gpu') return { status: 'absent', reason: 'no GPU tells its use' };
          throw cannotBeMeasured(platform);
        },
      };
    },
  };
}

/** Null where one of them was not measured yet: half a sum would look quieter than the host is. */
function kibPerSecond(bytes: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const each of bytes) {
    if (each === null || each < 0) return null;
    sum += each;
  }
  return sum / 1024;
}

function cannotBeMeasured(platform: NodeJS.Platform): Error {
  return new Error(`cannot be measured on ${platform}; turn it off with a threshold of null`);
}
