import type { TestContext } from 'node:test';
import { gcp } from '../../../src/cloud/gcp.ts';
import type { Config } from '../../../src/config/config.ts';
import { startFakeMetadata } from '../../support/fake-metadata.ts';
import { type RestCall, startFakeRest } from '../../support/fake-rest.ts';
import { cloudSearch } from '../cloud-search.ts';
import { configWith } from '../config-with.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const FLAVOR = 'Google';

/** What the metadata service says of an ordinary instance, by its path. */
export const ITEMS: Readonly<Record<string, string>> = {
  'instance/id': '8087716956832600123',
  'instance/name': 'trainer',
  'instance/zone': 'projects/123456/zones/europe-west4-a',
  'instance/machine-type': 'projects/123456/machineTypes/e2-medium',
  'instance/scheduling/preemptible': 'FALSE',
  'instance/attributes/': 'ssh-keys\n',
  'instance/disks/':
    '[{"deviceName":"boot","index":0,"interface":"SCSI","mode":"READ_WRITE","type":"PERSISTENT-BALANCED"}]',
  'instance/service-accounts/default/scopes': `${SCOPE}\n`,
  'instance/service-accounts/default/token': '{"access_token":"a-token","expires_in":3599,"token_type":"Bearer"}',
  'project/project-id': 'a-project',
};

type Answers = Record<string, { status?: number; body: unknown }>;

/** What the API says of it, by what comes behind the instance's path. */
export const ANSWERS: Answers = {
  'POST /testIamPermissions': { body: { permissions: ['compute.instances.stop'] } },
  'GET ': { body: { disks: [{ type: 'PERSISTENT' }], labels: { team: 'ml' }, labelFingerprint: '42WmSpB8rSM=' } },
  'POST /stop': { body: { kind: 'compute#operation', operationType: 'stop', status: 'RUNNING' } },
  'POST /setLabels': { body: { kind: 'compute#operation', operationType: 'setLabels', status: 'DONE' } },
};
const INSTANCE = '/projects/a-project/zones/europe-west4-a/instances/trainer';

/** What comes behind the instance's path, with the method in front. */
export const nameOf = ({ method, path }: RestCall) => `${method} ${path.replace(INSTANCE, '')}`;

/** Google's metadata service and API on loopback; a text that is undefined is a 404. */
export async function startGoogle(
  t: TestContext,
  items: Record<string, string | undefined> = {},
  answers: Answers = {},
) {
  const told: Record<string, string | undefined> = { ...ITEMS, ...items };
  const service = await startFakeMetadata(t, ['Metadata-Flavor', FLAVOR], ({ path }) => {
    const body = told[path.replace('/computeMetadata/v1/', '')];
    return body === undefined ? undefined : { body, headers: { 'Metadata-Flavor': FLAVOR } };
  });
  const api = await startFakeRest(t, (call) => ({ ...ANSWERS, ...answers })[nameOf(call)]);
  const environment = {
    GCE_METADATA_HOST: service.url.slice('http://'.length),
    CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: api.url,
  };
  return { service, api, environment };
}

/** This host as an instance of Google's, with these keys in its configuration. */
export async function findGoogle(
  t: TestContext,
  google: Awaited<ReturnType<typeof startGoogle>>,
  keys: Partial<Config> = {},
) {
  const search = { ...cloudSearch(google.environment), config: () => configWith(keys) };
  const { provider, metadata } = await gcp.find(search, { expected: true, signal: AbortSignal.timeout(60_000) });
  t.after(() => metadata?.close());
  return provider;
}
