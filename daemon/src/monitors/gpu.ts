import type { HostFiles } from './host-files.ts';
import { defineMonitor, type MonitorHost, type Reading } from './monitor.ts';

/** One GPU at one instant. */
export type GpuReading = { index: number; name: string; percent: number };

const QUERY = ['--query-gpu=index,name,utilization.gpu', '--format=csv,noheader,nounits'];
const NVIDIA_TIMEOUT_MS = 10_000;

/** The busiest GPU of the host. */
export const gpu = defineMonitor({
  name: 'gpu',
  title: 'busiest GPU',
  unit: '%',
  idleWhen: 'below',
  open(host) {
    // A driver that is loaded later is found by the next restart; asking at every sample would cost a fork.
    const hasNvidia =
      host.files.listSys('bus/pci/drivers/nvidia').length > 0 || host.files.listSys('module/nvidia').length > 0;
    const amd = amdCards(host.files);
    if (!hasNvidia && amd.length === 0)
      return { sample: () => ({ status: 'absent', reason: 'the host has no GPU that tells its use' }) };
    return { sample: async () => busiest([...(hasNvidia ? await readNvidia(host) : []), ...readAmd(host.files, amd)]) };
  },
});

/** Lines of `nvidia-smi`: index, name, percent. A GPU that answers `[N/A]` cannot be judged: that is an error. */
export function parseNvidia(text: string): GpuReading[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [index = '', name = '', percent = ''] = line.split(',').map((field) => field.trim());
      if (!/^\d+$/.test(index) || !/^\d+$/.test(percent))
        throw new Error(`nvidia-smi says ${JSON.stringify(line.trim())}`);
      return { index: Number(index), name, percent: Number(percent) };
    });
}

async function readNvidia({ run }: MonitorHost): Promise<GpuReading[]> {
  const { exitCode, stdout, stderr } = await run('nvidia-smi', QUERY, {
    timeoutMs: NVIDIA_TIMEOUT_MS,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
  });
  const [firstLine = ''] = (stderr || stdout).trim().split('\n');
  if (exitCode !== 0) throw new Error(`nvidia-smi ended with ${exitCode}: ${firstLine}`);
  return parseNvidia(stdout);
}

/** AMD's driver gives the use as a file: Documentation/gpu/amdgpu/thermal.rst, gpu_busy_percent. */
function amdCards(files: HostFiles): string[] {
  return files
    .listSys('class/drm')
    .filter((name) => /^card\d+$/.test(name) && files.sys(`class/drm/${name}/device/gpu_busy_percent`) !== undefined);
}

function readAmd(files: HostFiles, cards: readonly string[]): GpuReading[] {
  return cards.map((card) => {
    const text = files.sys(`class/drm/${card}/device/gpu_busy_percent`);
    const percent = Number(text);
    if (text === undefined || text === '' || !Number.isFinite(percent))
      throw new Error(`${card} does not tell its use`);
    return { index: Number(card.slice('card'.length)), name: `AMD ${card}`, percent };
  });
}

function busiest(gpus: readonly GpuReading[]): Reading {
  const [first, ...others] = gpus;
  if (first === undefined) return { status: 'failed', reason: 'the driver is there and names no GPU' };
  const top = others.reduce((best, one) => (one.percent > best.percent ? one : best), first);
  return {
    status: 'measured',
    value: top.percent,
    detail: `${top.name} (${top.index})`,
    parts: Object.fromEntries(gpus.map(({ index, name, percent }) => [`${index} ${name}`, percent])),
  };
}
