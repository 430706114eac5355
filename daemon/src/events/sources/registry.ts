import { azure } from './azure.ts';
import { cpu } from './cpu.ts';
import { disk } from './disk.ts';
import { ec2Lifecycle } from './ec2-lifecycle.ts';
import { ec2Maintenance } from './ec2-maintenance.ts';
import { ec2Queue } from './ec2-queue.ts';
import { ec2Rebalance } from './ec2-rebalance.ts';
import { ec2Spot } from './ec2-spot.ts';
import { gceMaintenance } from './gce-maintenance.ts';
import { gcePreempted } from './gce-preempted.ts';
import { memory } from './memory.ts';
import { network } from './network.ts';
import type { Source } from './source.ts';
import { spool } from './spool.ts';
import { webhook } from './webhook.ts';

/** Every source. */
export const SOURCES: readonly Source[] = [
  ec2Spot,
  ec2Rebalance,
  ec2Maintenance,
  ec2Lifecycle,
  ec2Queue,
  azure,
  gcePreempted,
  gceMaintenance,
  disk,
  memory,
  cpu,
  network,
  spool,
  webhook,
];
