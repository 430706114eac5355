import { createValidator, type Validator } from '../../config/validator.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { HostSide } from '../process/plugin-process.ts';
import { type Caller, type HostServices, refusal } from './service.ts';

export type DeskParts = {
  services: HostServices;
  caller: Caller;
  manifest: Manifest;
  /** Waits where it calls too often. */
  allow: (signal: AbortSignal) => Promise<void>;
  log: Log;
};

/** What `manifest` lets a plugin call, of all that there is: for `host_methods` of `Initialize`. */
export function permittedMethods(services: HostServices, manifest: Manifest): string[] {
  return Object.keys(services).filter((method) => isPermitted(method, manifest));
}

/** Answers what one plugin calls on the host: checks its permission and its params, and lets the service do it. */
export function createDesk({ services, caller, manifest, allow, log }: DeskParts): HostSide {
  const validators = new Map<string, Validator>();
  let refusedNotifications = 0;

  const serve = async (method: string, params: unknown, signal: AbortSignal): Promise<unknown> => {
    const service = Object.hasOwn(services, method) ? services[method] : undefined;
    if (service === undefined) throw refusal('methodNotFound', `snoozed has no method ${method}`);
    if (!isPermitted(method, manifest))
      throw refusal('notPermitted', `${method} is not permitted: name it in "permissions.host" of plugin.json`);
    const given = (params ?? {}) as Record<string, unknown>;
    const [fault] = validators.getOrInsertComputed(method, () => createValidator(service.schema))(given);
    if (fault) throw refusal('invalidParams', `${fault.path === '' ? '' : `${fault.path}: `}${fault.message}`);
    return await service.serve(given, caller, signal);
  };

  return {
    async onRequest(method, params, signal) {
      await allow(signal);
      return await serve(method, params, signal);
    },
    onNotification(method, params) {
      // Without an id nobody can be told: the first of them is said in the log.
      serve(method, params, AbortSignal.abort()).catch((error: unknown) => {
        refusedNotifications += 1;
        if (refusedNotifications === 1)
          log.warn({ plugin: caller.instance }, `${method}: ${messageOf(error)} (the next ones are not logged)`);
      });
    },
  };
}

/** By its name, or by its family as `Host.KV.*`; a manifest that lists nothing may log. */
function isPermitted(method: string, { permissions }: Manifest): boolean {
  const granted = permissions?.host;
  if (granted === undefined) return method === 'Host.Log';
  return granted.some((name) => name === method || (name.endsWith('.*') && method.startsWith(name.slice(0, -1))));
}
