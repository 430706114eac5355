import type { HostFiles } from './host-files.ts';
import type { Gpu } from './monitor.ts';

const BYTES_PER_MIB = 1024 * 1024;

/** The cards whose driver tells their use: `card0`; their connectors (`card0-HDMI-A-1`) stand in the same folder. */
export function amdCards(files: HostFiles): string[] {
  return files
    .listSys('class/drm')
    .filter((name) => /^card\d+$/.test(name) && files.listSys(`class/drm/${name}/device`).includes('gpu_busy_percent'))
    .sort((one, other) => numberOf(one) - numberOf(other));
}

/**
 * One card, from the files of amdgpu (the kernel's Documentation/gpu/amdgpu). A card that sleeps gives an error for its
 * use; that it sleeps is known all the same, and it sleeps only while nobody uses it.
 * @throws when an awake card does not tell its use.
 */
export function readAmd(files: HostFiles, card: string, index: number): Gpu {
  const read = (name: string) => files.sys(`class/drm/${card}/device/${name}`);
  const gpu = { id: `gpu${index}`, name: `AMD ${card}` };
  if (read('power/runtime_status') === 'suspended')
    return { ...gpu, percent: 0, memoryUsedMib: null, memoryTotalMib: null };
  const percent = read('gpu_busy_percent') ?? '';
  if (!/^\d+$/.test(percent) || Number(percent) > 100) throw new Error(`${gpu.id} ${gpu.name} does not tell its use`);
  return {
    ...gpu,
    percent: Number(percent),
    memoryUsedMib: mib(read('mem_info_vram_used')),
    memoryTotalMib: mib(read('mem_info_vram_total')),
  };
}

function mib(bytes: string | undefined): number | null {
  return bytes !== undefined && /^\d+$/.test(bytes) ? Math.round(Number(bytes) / BYTES_PER_MIB) : null;
}

function numberOf(card: string): number {
  return Number(card.slice('card'.length));
}
