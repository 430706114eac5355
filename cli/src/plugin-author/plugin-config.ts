import { SnoozeError } from '@cloudsnooze/daemon/errors';
import { resolvePluginConfig } from '@cloudsnooze/daemon/plugins/manifest/config-schema';
import { type InstanceSpec, plainSpec } from '@cloudsnooze/daemon/plugins/manifest/instance-spec';
import type { Manifest } from '@cloudsnooze/daemon/plugins/manifest/manifest';
import { parseValue } from '../parse-value.ts';

/**
 * Reads `limit=5 server.port=6379` as a configuration.
 * @throws SnoozeError SNOOZE_E_USAGE
 */
export function parseConfig(typed: readonly string[]): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const item of typed) {
    const end = item.indexOf('=');
    if (end <= 0) {
      const hint = 'type: FOLDER --config KEY=VALUE …, as in: ./mine --config limit=5 url=localhost';
      throw new SnoozeError('SNOOZE_E_USAGE', `--config: expected KEY=VALUE, found ${JSON.stringify(item)}`, { hint });
    }
    put(config, item.slice(0, end).split('.'), parseValue(item.slice(end + 1)));
  }
  return config;
}

/**
 * A plugin as the daemon would configure it, with the defaults of its schema.
 * @throws SnoozeError SNOOZE_E_PLUGIN_CONFIG, SNOOZE_E_MANIFEST_INVALID
 */
export function specOf(manifest: Manifest, directory: string, own: Record<string, unknown>): InstanceSpec {
  try {
    return plainSpec(manifest, directory, resolvePluginConfig(manifest, manifest.name, own));
  } catch (error) {
    if (!(error instanceof SnoozeError) || error.code !== 'SNOOZE_E_PLUGIN_CONFIG') throw error;
    const message = error.message.replaceAll(`plugins.plugin_configs.${manifest.name}.`, '');
    throw new SnoozeError(error.code, `the configuration of ${manifest.name} does not fit: ${message}`, {
      hint: 'give it what it needs: --config KEY=VALUE …',
      cause: error,
    });
  }
}

function put(section: Record<string, unknown>, [first = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    section[first] = value;
    return;
  }
  const below = section[first];
  const inner = typeof below === 'object' && below !== null ? (below as Record<string, unknown>) : {};
  section[first] = inner;
  put(inner, rest, value);
}
