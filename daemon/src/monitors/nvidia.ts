import { existsSync } from 'node:fs';
import type { Gpu, MonitorHost } from './monitor.ts';

const QUERY = ['--query-gpu=index,name,utilization.gpu,memory.used,memory.total', '--format=csv,noheader,nounits'];
const TIMEOUT_MS = 10_000;

/** Whether there is somebody to ask: NVIDIA's driver, or its program. */
export function hasNvidia({ files, programPath }: MonitorHost): boolean {
  return (
    hasDriver({ files }) || programPath.split(':').some((folder) => folder !== '' && existsSync(`${folder}/nvidia-smi`))
  );
}

/**
 * Asks `nvidia-smi` for all GPUs.
 * @throws when it cannot tell the use of each: whatever it does not know must not look idle.
 */
export async function askNvidia(host: MonitorHost, signal: AbortSignal): Promise<Gpu[]> {
  const { exitCode, stdout, stderr } = await host.run('nvidia-smi', QUERY, {
    timeoutMs: TIMEOUT_MS,
    env: { PATH: host.programPath },
    signal,
  });
  if (exitCode === 0) return parseNvidia(stdout);
  const [firstLine] = (stderr.trim() || stdout.trim() || 'it said nothing').split('\n');
  const wayOut = hasDriver(host) ? '' : '; where there is no NVIDIA GPU, set gpu_monitoring_enabled to false';
  throw new Error(`nvidia-smi ended with ${exitCode}: ${firstLine}${wayOut}`);
}

/** Lines of `nvidia-smi`: index, name, percent, MiB used, MiB in all. The use must be a number, the memory need not. */
export function parseNvidia(text: string): Gpu[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw new Error('nvidia-smi names no GPU');
  return lines.map((line) => {
    const [, index, name = '', percent = '', used = '', total = ''] =
      /^\s*(\d+), (.+), ([^,]+), ([^,]+), ([^,]+)$/.exec(line) ?? [];
    if (index === undefined) throw new Error(`nvidia-smi says ${JSON.stringify(line.trim())}`);
    if (!isPercent(percent)) throw new Error(`gpu${index} ${name} does not tell its use: nvidia-smi says ${percent}`);
    return { id: `gpu${index}`, name, percent: Number(percent), memoryUsedMib: mib(used), memoryTotalMib: mib(total) };
  });
}

function isPercent(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) <= 100;
}

function mib(text: string): number | null {
  return /^\d+$/.test(text.trim()) ? Number(text) : null;
}

function hasDriver({ files }: Pick<MonitorHost, 'files'>): boolean {
  return files.listSys('module/nvidia').length > 0 || files.listSys('bus/pci/drivers/nvidia').length > 0;
}
