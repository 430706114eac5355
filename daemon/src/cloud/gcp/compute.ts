import { SnoozeError } from '../../errors.ts';
import { at, parseJson, textOf } from '../json-answer.ts';
import type { Metadata } from '../metadata.ts';
import { apiAddress, bodyOf, type Need, type Rest, type RestAnswer, type RestRequest } from '../rest.ts';

/** What of an instance is asked for: its disks, and its labels with what says which ones they were. */
const FIELDS = 'disks/type,labels,labelFingerprint';
const ADDRESS = 'https://compute.googleapis.com/compute/v1/';
/** As Google's own command line calls it. */
const ADDRESS_VARIABLE = 'CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE';
const STOP = 'compute.instances.stop';

export type ComputeOptions = { rest: Rest; metadata: Metadata; environment: NodeJS.ProcessEnv };

/** What the API says of this instance before a stop; each answer may have failed. */
export type ComputeLook = { granted: RestAnswer; instance: RestAnswer };

/** A call whose path begins behind the instance's own address. */
type Call = Omit<RestRequest, 'url'> & { path: string };

/** The API of Compute Engine for this one instance ("Compute Engine API", instances), as its own service account. */
export type Compute = {
  /** Stops it; `discardLocalSsd` empties its local disks, without it they forbid the stop. */
  stop(discardLocalSsd: boolean, signal: AbortSignal): Promise<void>;
  /** Sets these labels beside those that it has. */
  label(labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void>;
  look(signal: AbortSignal): Promise<ComputeLook>;
};

/** Every call fails with SnoozeError SNOOZE_E_CLOUD_DENIED, SNOOZE_E_CLOUD_FAILED or SNOOZE_E_METADATA. */
export function createCompute({ rest, metadata, environment }: ComputeOptions): Compute {
  const item = async (path: string, signal: AbortSignal) =>
    (await metadata.ask(`/computeMetadata/v1/${path}`, { signal })).body.trim();

  /** The calls with the instance's own token; the metadata service knows what it is called. */
  const call = async (requests: readonly Call[], signal: AbortSignal) => {
    const base = apiAddress(environment[ADDRESS_VARIABLE] || ADDRESS, ADDRESS_VARIABLE);
    const [project = '', zone = '', name = ''] = await Promise.all(
      ['project/project-id', 'instance/zone', 'instance/name'].map((path) => item(path, signal)),
    );
    const parts = ['projects', project, 'zones', zone.split('/').at(-1) ?? '', 'instances', name];
    const instance = `${base}${parts.map(encodeURIComponent).join('/')}`;
    const token = tokenOf(await item('instance/service-accounts/default/token', signal).catch(noToken));
    const whole = requests.map(({ path, ...request }) => ({ ...request, url: `${instance}${path}` }));
    return await rest.call(token, whole, signal);
  };

  return {
    async stop(discardLocalSsd, signal) {
      const [answer] = await call([{ method: 'POST', path: `/stop?discardLocalSsd=${discardLocalSsd}` }], signal);
      begun(bodyOf(answer, need(STOP)), STOP);
    },
    async label(labels, signal) {
      const [answer] = await call([{ method: 'GET', path: `?fields=${FIELDS}` }], signal);
      const instance = bodyOf(answer, need('compute.instances.get'));
      const labelFingerprint = at(instance, 'labelFingerprint');
      const body = { labels: { ...(at(instance, 'labels') ?? {}), ...labels }, labelFingerprint };
      const [set] = await call([{ method: 'POST', path: '/setLabels', body }], signal);
      begun(bodyOf(set, need('compute.instances.setLabels')), 'compute.instances.setLabels');
    },
    async look(signal) {
      const [granted, instance] = await call(
        [
          { method: 'POST', path: '/testIamPermissions', body: { permissions: [STOP] } },
          { method: 'GET', path: `?fields=${FIELDS}` },
        ],
        signal,
      );
      const none: RestAnswer = { reached: false, message: '' };
      return { granted: granted ?? none, instance: instance ?? none };
    },
  };
}

/** What a person has to do about a permission that this instance's service account does not have. */
export function need(permission: string): Need {
  const hint =
    "give the instance's service account the role in packaging/gcp/role.yaml, and the instance the access scope cloud-platform";
  return { cloud: 'Google Compute Engine', permission, hint };
}

/** An operation of the API ("Operation resource"); one that failed at once has its errors with it. */
function begun(operation: unknown, permission: string): void {
  const failed = textOf(at(operation, 'error', 'errors', 0, 'message'));
  if (failed === undefined && at(operation, 'kind') === 'compute#operation') return;
  const said = failed ?? 'it did not say that it does it';
  throw new SnoozeError('SNOOZE_E_CLOUD_FAILED', `Google Compute Engine failed at ${permission}: ${said}`);
}

function tokenOf(text: string): string {
  return textOf(at(parseJson(text), 'access_token')) ?? noToken(undefined);
}

function noToken(cause: unknown): never {
  throw new SnoozeError('SNOOZE_E_CLOUD_DENIED', 'this instance gets no access token of a service account', {
    hint: need(STOP).hint,
    cause,
  });
}
