import { ec2Spot } from './ec2-spot.ts';
import type { Source } from './source.ts';

/** Every source. */
export const SOURCES: readonly Source[] = [ec2Spot];
