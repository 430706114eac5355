import { cpu } from './cpu.ts';
import { disk } from './disk.ts';
import { gpu } from './gpu.ts';
import { input } from './input.ts';
import { load } from './load.ts';
import { memory } from './memory.ts';
import type { Monitor } from './monitor.ts';
import { network } from './network.ts';
import { onOtherPlatforms } from './other-platforms.ts';

/** Every monitor, in the order in which people see them. */
const LINUX_MONITORS: readonly Monitor[] = [cpu, memory, network, disk, load, input, gpu];

/** The monitors of this platform: Linux reads its own files, the others ask systeminformation. */
export const MONITORS: readonly Monitor[] =
  process.platform === 'linux' ? LINUX_MONITORS : LINUX_MONITORS.map((monitor) => onOtherPlatforms(monitor));
