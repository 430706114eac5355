import satisfies from 'semver/functions/satisfies.js';
import type { InstanceSpec } from './manifest/instance-spec.ts';
import type { Manifest } from './manifest/manifest.ts';
import type { Impossible } from './not-running.ts';

/** What the plugins that are wanted may lean on. */
export type Surroundings = {
  /** All plugins that are installed, wanted or not, by name. */
  installed: ReadonlyMap<string, { manifest: Manifest }>;
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
      const reason = whyNot(spec, specs, { ...surroundings, impossible });
      return reason === undefined ? [] : [{ spec, ...reason }];
    });
    if (found.length === 0) return { specs, refused };
    specs = specs.filter((spec) => !found.some((one) => one.spec === spec));
    for (const { spec, message, hint } of found) {
      const { instance, manifest, directory } = spec;
      const { name: plugin, version } = manifest;
      refused.push({ instance, plugin, version, directory, message: `${instance} ${message}`, hint });
    }
  }
}

/** Names of the plugins that a plugin needs. */
export function needsOf({ manifest }: { manifest: Manifest }): string[] {
  return (manifest.dependencies ?? []).map(({ name }) => name);
}

function whyNot(
  spec: InstanceSpec,
  specs: readonly InstanceSpec[],
  { installed, impossible }: Surroundings,
): { message: string; hint?: string } | undefined {
  // first: to enable the others of a circle, one after the other, leads nowhere
  const cycle = cycleFrom(spec.manifest.name, [...specs, ...installed.values()]);
  if (cycle) return { message: `can never be started: ${cycle.join(' needs ')}` };
  for (const { name, version } of spec.manifest.dependencies ?? []) {
    const offered = specs.find(({ manifest }) => manifest.name === name);
    const failed = impossible.find(({ plugin }) => plugin === name);
    if (offered === undefined && failed) return { message: `needs ${name}, which cannot be used: ${failed.message}` };
    if (offered === undefined && installed.has(name))
      return { message: `needs ${name} ${version}, which is not enabled`, hint: `type: snooze plugin enable ${name}` };
    if (offered === undefined) return { message: `needs ${name} ${version}, which is not installed` };
    if (!satisfies(offered.manifest.version, version))
      return { message: `needs ${name} ${version}, found ${offered.manifest.version}` };
  }
  return undefined;
}

/** The way from a plugin over what it needs back to itself, or undefined. */
function cycleFrom(start: string, known: readonly { manifest: Manifest }[]): string[] | undefined {
  const visited = new Set<string>();
  const walk = (name: string, path: readonly string[]): string[] | undefined => {
    const plugin = known.find(({ manifest }) => manifest.name === name);
    for (const need of plugin === undefined ? [] : needsOf(plugin)) {
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
