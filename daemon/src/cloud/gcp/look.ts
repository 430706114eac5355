import { describeError } from '../../errors.ts';
import { at, parseJson, textOf } from '../json-answer.ts';
import type { Metadata } from '../metadata.ts';
import { bodyOf } from '../rest.ts';
import { type Compute, need } from './compute.ts';
import type { GceFacts } from './safety.ts';

const SCOPES = ['https://www.googleapis.com/auth/cloud-platform', 'https://www.googleapis.com/auth/compute'];
/** The key under which a managed instance group leaves its name in what it creates. */
const CREATED_BY = 'created-by';

/** Asks Google and the metadata service what a stop of this instance would do; changes nothing and never rejects. */
export async function readGceFacts(compute: Compute, metadata: Metadata, signal: AbortSignal): Promise<GceFacts> {
  const item = (path: string) =>
    metadata.ask(`/computeMetadata/v1/instance/${path}`, { signal }).then(
      ({ body }) => body,
      () => undefined,
    );
  const [scopes, attributes, disks, told] = await Promise.all([
    item('service-accounts/default/scopes'),
    item('attributes/'),
    item('disks/?recursive=true'),
    askCompute(compute, signal),
  ]);
  const createdBy = hasLine(attributes, CREATED_BY) ? await item(`attributes/${CREATED_BY}`) : null;
  return {
    scope: scopes === undefined ? undefined : SCOPES.some((scope) => hasLine(scopes, scope)),
    group: attributes === undefined || createdBy === undefined ? undefined : groupOf(createdBy),
    ...told,
    localDisks: told.localDisks ?? localDisksOf(disks),
  };
}

async function askCompute(compute: Compute, signal: AbortSignal) {
  try {
    const { granted, instance } = await compute.look(signal);
    const failures: string[] = [];
    const read = (answer: typeof granted, permission: string) => {
      try {
        return bodyOf(answer, need(permission));
      } catch (error) {
        failures.push(`it is not known in all whether a stop is safe: ${describeError(error)}`);
        return undefined;
      }
    };
    const permissions = read(granted, 'compute.instances.stop');
    const disks = at(read(instance, 'compute.instances.get'), 'disks');
    return {
      // An empty answer is one: nothing of what was asked for is granted.
      granted: permissions === undefined ? undefined : at(permissions, 'permissions', 0) === 'compute.instances.stop',
      localDisks: Array.isArray(disks) ? disks.some((disk) => at(disk, 'type') === 'SCRATCH') : undefined,
      failures,
    };
  } catch (error) {
    const failures = [`it is not known whether a stop is safe: ${describeError(error)}`];
    return { granted: undefined, localDisks: undefined, failures };
  }
}

/** The metadata service's list of disks, for a service account that may not read the instance. */
function localDisksOf(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  const disks = parseJson(text);
  const types = Array.isArray(disks) ? disks.map((disk) => textOf(at(disk, 'type')) ?? '') : [];
  if (types.some((type) => /^LOCAL/.test(type))) return true;
  // What is neither is nothing that is known here.
  return types.length > 0 && types.every((type) => /^(PERSISTENT|HYPERDISK)/.test(type)) ? false : undefined;
}

function groupOf(createdBy: string | null): string | null {
  return createdBy?.trim().match(/\/instanceGroupManagers\/([^/]+)$/)?.[1] ?? null;
}

function hasLine(text: string | undefined, line: string): boolean {
  return text?.split('\n').some((each) => each.trim() === line) ?? false;
}
