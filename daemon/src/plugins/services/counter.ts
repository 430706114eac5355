import type { Clock } from '../../clock.ts';
import type { SentEvent } from '../../events/intake.ts';
import type { Leases } from '../../idle/leases.ts';
import type { KeyValue } from '../../store/store.ts';
import type { InstanceSpec } from '../manifest/instance-spec.ts';
import type { SaidLog } from '../process/line-limit.ts';
import type { HostSide } from '../process/plugin-process.ts';
import { createAllowance } from './allowance.ts';
import { createDesk, permittedMethods } from './desk.ts';
import { emitEventService } from './emit-event.ts';
import { fileServices } from './files.ts';
import { inhibitServices, releaseAll } from './inhibit.ts';
import { keyValueServices } from './key-value.ts';
import { logService } from './log.ts';
import { createMetrics, type ReportedMetric } from './report-metric.ts';
import type { HostServices } from './service.ts';

/** What of the daemon the services work with. */
export type Counterparts = {
  keyValue: KeyValue;
  leases: Leases;
  /** Sends an event; gives its id. @throws SnoozeError SNOOZE_E_EVENT_INVALID */
  emit: (event: SentEvent) => Promise<string>;
};

/** All that the host does for the plugins that call it. */
export type ServiceCounter = {
  deskFor(spec: InstanceSpec): HostSide;
  methodsFor(spec: InstanceSpec): string[];
  metricsOf(instance: string): ReportedMetric[];
  /** An instance is not in use any more: what it holds is let go. */
  forget(instance: string): void;
};

/** `folderOf`: where the files of an instance are kept. Without `parts` there is the log alone. */
export function openCounter(
  parts: Counterparts | undefined,
  {
    clock,
    logOf,
    folderOf,
  }: { clock: Clock; logOf: (instance: string) => SaidLog; folderOf: (instance: string) => string },
): ServiceCounter {
  const metrics = createMetrics(clock);
  const services: HostServices = {
    ...logService(logOf, clock),
    ...metrics.services,
    ...(parts && {
      ...emitEventService(parts.emit, clock),
      ...inhibitServices(parts.leases, clock),
      ...keyValueServices(parts.keyValue),
      ...fileServices(folderOf),
    }),
  };
  const allowances = new Map<string, ReturnType<typeof createAllowance>>();
  return {
    deskFor: ({ instance, manifest }) =>
      createDesk({
        services,
        caller: { instance, plugin: manifest.name },
        manifest,
        allow: allowances.getOrInsertComputed(instance, () => createAllowance(clock)),
        log: logOf(instance),
      }),
    methodsFor: ({ manifest }) => permittedMethods(services, manifest),
    metricsOf: metrics.of,
    forget(instance) {
      metrics.forget(instance);
      if (parts) releaseAll(parts.leases, instance, clock);
    },
  };
}
