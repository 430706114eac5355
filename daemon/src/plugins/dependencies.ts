import satisfies from 'semver/functions/satisfies.js';
import type { InstanceSpec } from './manifest/instance-spec.ts';
import type { Impossible } from './not-running.ts';

/** What the plugins that are wanted may lean on. */
export type Surroundings = {
  /** Names of all plugins that are installed, wanted or not. */
  installed: ReadonlySet<string>;
  /** What is wanted and cannot be. */
  impossible: readonly Impossible[];
};

/**
 * Takes out what needs a plugin that is not there, is too old, or needs it in turn, each with the reason in one line;
 * and then what needs one of those. Pure.
 */
export function resolveDependencies(
  wanted: readonly InstanceSpec[],
  surroundings: Surroundings,
): { specs: InstanceSpec[]; refused: Impossible[] } {
  let specs = [...wanted];
  const refused: Impossible[] = [];
  for (;;) {
    const impossible = [...surroundings.impossible, ...refused];
    const found = specs.flatMap((spec) => {
      const message = whyNot(spec, specs, { ...surroundings, impossible });
      return message === undefined ? [] : [{ spec, message }];
    });
    if (found.length === 0) return { specs, refused };
    specs = specs.filter((spec) => !found.some((one) => one.spec === spec));
    for (const { spec, message } of found) {
      const { instance, manifest, directory } = spec;
      const { name: plugin, version } = manifest;
      refused.push({ instance, plugin, version, directory, message: `${instance} ${message}` });
    }
  }
}

/** Names of the plugins that a plugin needs. */
export function needsOf({ manifest }: InstanceSpec): string[] {
  return (manifest.dependencies ?? []).map(({ name }) => name);
}

function whyNot(
  spec: InstanceSpec,
  specs: readonly InstanceSpec[],
  { installed, impossible }: Surroundings,
): string | undefined {
  for (const { name, version } of spec.manifest.dependencies ?? []) {
    const offered = specs.find(({ manifest }) => manifest.name === name);
    const failed = impossible.find(({ plugin }) => plugin === name);
    if (offered === undefined && failed) return `needs ${name}, which cannot be used: ${failed.message}`;
    if (offered === undefined)
      return `needs ${name} ${version}, which is not ${installed.has(name) ? 'enabled' : 'installed'}`;
    if (!satisfies(offered.manifest.version, version))
      return `needs ${name} ${version}, found ${offered.manifest.version}`;
  }
  const cycle = cycleFrom(spec.manifest.name, specs);
  return cycle && `can never be started: ${cycle.join(' needs ')}`;
}

/** The way from a plugin over what it needs back to itself, or undefined. */
function cycleFrom(start: string, specs: readonly InstanceSpec[]): string[] | undefined {
  const visited = new Set<string>();
  const walk = (name: string, path: readonly string[]): string[] | undefined => {
    for (const need of specs.filter(({ manifest }) => manifest.name === name).flatMap(needsOf)) {
      if (need === start) return [...path, need];
      if (visited.has(need)) continue;
      visited.add(need);
      const found = walk(need, [...path, need]);
      if (found) return found;
    }
    return undefined;
  };
  return walk(start, [start]);
}
