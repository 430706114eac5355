import type { Config, PluginInstanceConfig } from '../../config/config.ts';
import { saidOf } from '../../config/event-type.ts';
import type { OnError } from '../../idle/check.ts';
import { resolvePluginConfig } from './config-schema.ts';
import type { FoundPlugin } from './discover.ts';
import type { Manifest } from './manifest.ts';

/** How one instance subscribes to one event type. */
export type Subscription = { priority: number; mode: 'handle' | 'observe'; timeoutMs: number };

/** One configured use of a plugin, everything resolved. Two that are deeply equal need no restart. */
export type InstanceSpec = {
  instance: string;
  manifest: Manifest;
  directory: string;
  /** What keeps a process to its manifest, from its start on; a native plugin has none. */
  sandbox?: Config['plugins']['sandbox'];
  role: 'check' | 'inform';
  weight: number;
  onError: OnError;
  intervalSeconds: number;
  /** The plugin's own configuration, defaults filled in. */
  config: Record<string, unknown>;
  /** The events section of the configuration: overrides of the manifest. */
  eventOverrides: NonNullable<PluginInstanceConfig['events']>;
};

const RESERVED = ['enabled', 'plugin', 'role', 'weight', 'on_error', 'interval_seconds', 'events'];
const DEFAULT_PRIORITY = 50;
const DEFAULT_EVENT_SECONDS = 30;

/** What of an instance's section of the configuration is the plugin's own. */
export function ownConfigOf(given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([key]) => !RESERVED.includes(key)));
}

/** The name of the plugin that an instance uses. */
export function pluginOf(instance: string, config: Config): string {
  return config.plugins.plugin_configs[instance]?.plugin ?? instance;
}

/** Whether the configuration wants an instance: it names it and does not turn it off. */
export function isEnabled(instance: string, config: Config): boolean {
  const own = config.plugins.plugin_configs[instance];
  return config.plugins.enabled && own !== undefined && own.enabled !== false;
}

/**
 * Resolves one instance; `shown` is the configuration as its faults may quote it.
 * @throws SnoozeError SNOOZE_E_PLUGIN_CONFIG
 */
export function resolveInstance(instance: string, found: FoundPlugin, config: Config, shown?: Config): InstanceSpec {
  const given = config.plugins.plugin_configs[instance] ?? {};
  const own = ownConfigOf(given);
  const resolved = resolvePluginConfig(found.manifest, instance, own, shown?.plugins.plugin_configs[instance]);
  const plain = plainSpec(found.manifest, found.directory, resolved);
  return {
    ...plain,
    instance,
    ...(found.manifest.type === 'external' && { sandbox: config.plugins.sandbox }),
    role: given.role ?? plain.role,
    weight: given.weight ?? plain.weight,
    onError: given.on_error ?? plain.onError,
    intervalSeconds: given.interval_seconds ?? plain.intervalSeconds,
    eventOverrides: given.events ?? plain.eventOverrides,
  };
}

/** A plugin of which the configuration says nothing but what is the plugin's own. */
export function plainSpec(manifest: Manifest, directory: string, config: Record<string, unknown> = {}): InstanceSpec {
  const rest = { role: 'check', weight: 1, onError: 'busy', intervalSeconds: 0, eventOverrides: {} } as const;
  return { instance: manifest.name, manifest, directory, config, ...rest };
}

/** What a plugin can do, by its manifest. */
export function capabilitiesOf({ capabilities, events }: Manifest): string[] {
  return capabilities ?? ['check_idle', ...(events === undefined ? [] : ['handle_event'])];
}

/** Whether only the plugin itself, once it runs, can say which events it handles. */
export function namesItsEvents(manifest: Manifest): boolean {
  return manifest.events === undefined && capabilitiesOf(manifest).includes('handle_event');
}

/** The subscription to a type, from the manifest, what the plugin itself named, and the configuration's overrides. */
export function subscriptionTo(type: string, spec: InstanceSpec, named: readonly string[]): Subscription | undefined {
  const { manifest, eventOverrides } = spec;
  const override = saidOf(type, (name) => eventOverrides[name]);
  const declared = saidOf(type, (name) => manifest.events?.[name]);
  const subscribed =
    declared !== undefined ||
    saidOf(type, (name) => named.includes(name) || undefined) === true ||
    (override !== undefined && capabilitiesOf(manifest).includes('handle_event'));
  if (!subscribed || override?.enabled === false) return undefined;
  return {
    priority: override?.priority ?? declared?.priority ?? DEFAULT_PRIORITY,
    mode: override?.mode ?? declared?.mode ?? 'handle',
    timeoutMs: (override?.timeout_seconds ?? manifest.timeouts?.event_seconds ?? DEFAULT_EVENT_SECONDS) * 1000,
  };
}
