import { loadavg } from 'node:os';
import type { Monitor, Reading } from './monitor.ts';

/** The parts of systeminformation that are used; the package is loaded only where there is no /proc. */
type Information = typeof import('systeminformation');

const READERS: Record<string, (information: Information) => Promise<number | null>> = {
  cpu: async (information) => (await information.currentLoad()).currentLoad,
  memory: async (information) => {
    const { total, available } = await information.mem();
    return (1 - available / total) * 100;
  },
  network: async (information) => {
    const interfaces = await information.networkStats('*');
    const bytes = interfaces
      .filter(({ iface }) => !iface.startsWith('lo'))
      .map(({ rx_sec, tx_sec }) => rx_sec + tx_sec);
    return bytes.reduce((sum, each) => sum + each, 0) / 1024;
  },
  disk: async (information) => {
    const { rx_sec: read, wx_sec: written } = await information.fsStats();
    return read === null || written === null ? null : (read + written) / 1024;
  },
  load: async () => loadavg()[0] ?? null,
  gpu: async (information) => {
    const { controllers } = await information.graphics();
    const used = controllers.flatMap(({ utilizationGpu }) => utilizationGpu ?? []);
    return used.length > 0 ? Math.max(...used) : null;
  },
};

/** The same monitor where there is no /proc; what systeminformation cannot tell there is `failed`, and so never idle. */
export function onOtherPlatforms(monitor: Monitor): Monitor {
  const read = READERS[monitor.name];
  return {
    ...monitor,
    open: ({ platform }) => ({
      async sample(): Promise<Reading> {
        if (read === undefined)
          return {
            status: 'failed',
            reason: `cannot be measured on ${platform}; turn it off with a threshold of null`,
          };
        const value = await read(await import('systeminformation'));
        if (value !== null && Number.isFinite(value)) return { status: 'measured', value: Math.max(0, value) };
        return monitor.name === 'gpu'
          ? { status: 'absent', reason: 'no GPU tells its use' }
          : { status: 'pending', reason: `${monitor.name} needs a second sample` };
      },
    }),
  };
}
