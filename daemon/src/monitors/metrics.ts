import type { PluginMetrics } from '../plugins/host.ts';
import type { Gpu, Sample } from './monitor.ts';

/** A sample as plugins get it with `CheckIdle` (PROTOCOL.md); what was not measured is null. */
export function pluginMetrics({ wallMs, readings }: Sample, idleSeconds: number): PluginMetrics {
  const value = (name: string) => {
    const reading = readings[name];
    return reading?.status === 'measured' ? Math.round(reading.value * 100) / 100 : null;
  };
  const gpu = readings['gpu'];
  return {
    timestamp: Math.floor(wallMs / 1000),
    cpu_usage: value('cpu'),
    memory_usage: value('memory'),
    network_traffic: value('network'),
    disk_io: value('disk'),
    gpu_usage: value('gpu'),
    input_idle_seconds: value('input'),
    load_1m: value('load'),
    idle_seconds: Math.round(idleSeconds),
    gpus: gpu?.status === 'measured' ? (gpu.gpus ?? []).map(gpuMetrics) : [],
  };
}

function gpuMetrics({ id, name, percent, memoryUsedMib, memoryTotalMib }: Gpu): Record<string, unknown> {
  return { id, name, usage: percent, memory_used_mib: memoryUsedMib, memory_total_mib: memoryTotalMib };
}
