import type { InspectedManifest } from '@cloudsnooze/daemon/plugins/manifest/read-manifest';
import { VERSION } from '@cloudsnooze/daemon/version';
import type { Finding } from './finding.ts';

/** What is wrong with the manifest itself, each with what to write instead where that can be told. */
export function manifestFaults({ faults, value }: InspectedManifest): Finding[] {
  return faults.map(({ path, place, message }) => ({
    kind: 'fault',
    file: 'plugin.json',
    place,
    path,
    message,
    suggestion: message.includes('the same key stands at') ? 'take one of the two out' : suggestionFor(path, value),
  }));
}

function suggestionFor(path: string, manifest: unknown): string | null {
  const given = typeof manifest === 'object' && manifest !== null ? (manifest as Record<string, unknown>) : {};
  switch (path) {
    case 'name':
      return `"name": "${asName(given['name'])}"`;
    case 'version':
      return `"version": "${asVersion(given['version'])}"`;
    case 'min_host_version':
      return `"min_host_version": "${VERSION}"`;
    case 'type':
      return given['module'] === undefined ? '"type": "external"' : '"type": "native"';
    case 'exec':
      if (given['type'] === 'native') return 'take it out, or write "type": "external"';
      return '"exec": { "command": "python3", "args": ["main.py"] }';
    case 'module':
      if (given['type'] === 'external') return 'take it out, or write "type": "native"';
      return '"module": "plugin.ts"';
    case 'capabilities':
      return '"capabilities": ["check_idle"]';
    case 'events':
      return '"events": { "cloud.spot.interrupt": { "priority": 50 } }';
    case 'isolation':
      return given['type'] === 'native' ? '"isolation": "worker"' : 'take it out';
    case 'process_model':
      return given['type'] === 'native' ? 'take it out' : null;
    default:
      if (/^dependencies\.\d+\.version$/.test(path)) return '"version": "^1.0.0"';
      return /^timeouts\.\w+_seconds$/.test(path) ? 'a number of seconds, such as 5' : null;
  }
}

/** `Redis Monitor!` as `redis-monitor`. */
function asName(given: unknown): string {
  const words = typeof given === 'string' ? given.toLowerCase().match(/[a-z0-9]+/g) : null;
  const name = words
    ?.join('-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 64);
  return name || 'my-plugin';
}

/** `v1.2` as `1.2.0`. */
function asVersion(given: unknown): string {
  const [major, minor = 0, patch = 0] = String(given).match(/\d+/g)?.map(Number) ?? [];
  return major === undefined ? '1.0.0' : [major, minor, patch].join('.');
}
