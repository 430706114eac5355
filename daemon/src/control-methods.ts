import { getByKey } from './config/edit.ts';
import type { Configuration } from './configuration.ts';
import type { Status } from './control/api.ts';
import { MOST_ENTRIES, pageOf } from './control/page.ts';
import type { ControlHandlers } from './control/server.ts';
import { type EventMethodParts, eventMethods } from './event-methods.ts';
import { pluginCare } from './plugin-care.ts';
import { type PluginMethodParts, pluginMethods } from './plugin-methods.ts';
import type { Store } from './store/store.ts';
import { PROTOCOL_VERSION, VERSION } from './version.ts';

export type ControlParts = PluginMethodParts &
  EventMethodParts & {
    status: () => Status;
    metrics: () => string;
    configuration: Configuration;
    store: Store;
  };

/** What the daemon does for each call of the control socket. */
export function controlHandlers(parts: ControlParts): ControlHandlers {
  const { configuration, store } = parts;
  return {
    version: () => ({ version: VERSION, protocol: PROTOCOL_VERSION, node: process.version, pid: process.pid }),
    status: parts.status,
    metrics: () => ({ text: parts.metrics() }),
    ...pluginMethods(parts),
    ...pluginCare(parts),
    ...eventMethods(parts),
    'history.list': ({ limit, ...only }) => pageOf(store.history.list(Math.min(limit, MOST_ENTRIES), only)),
    'config.show': () => ({
      config: configuration.loaded().shown,
      origins: { ...configuration.loaded().origins },
      file: configuration.loaded().file,
    }),
    'config.get': ({ key }) => ({
      value: getByKey(configuration.loaded().shown, key),
      origin: originOf(key, configuration.loaded().origins),
    }),
    'config.set': async ({ key, value }, caller) => ({
      ...(await configuration.set(key, value, await caller.cause('snooze config set'))),
      file: configuration.file,
    }),
    'config.reload': async (_, caller) => ({
      changed: await configuration.reload(await caller.cause('snooze config reload')),
    }),
  };
}

/** Where a value is from; a section's is where the first of its keys is from. */
function originOf(key: string, origins: Readonly<Record<string, string>>): string {
  const first = Object.keys(origins).find((known) => known === key || known.startsWith(`${key}.`));
  return (first && origins[first]) ?? 'default';
}
