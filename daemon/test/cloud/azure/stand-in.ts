import type { TestContext } from 'node:test';
import { azure } from '../../../src/cloud/azure.ts';
import type { Config } from '../../../src/config/config.ts';
import { startFakeMetadata } from '../../support/fake-metadata.ts';
import { type RestCall, startFakeRest } from '../../support/fake-rest.ts';
import { cloudSearch } from '../cloud-search.ts';
import { configWith } from '../config-with.ts';

export const RESOURCE_ID =
  '/subscriptions/8d10da13/resourceGroups/a-group/providers/Microsoft.Compute/virtualMachines/vm0';

/** What the metadata service says of an ordinary machine without a temporary disk. */
const COMPUTE = {
  azEnvironment: 'AzurePublicCloud',
  name: 'vm0',
  resourceId: RESOURCE_ID,
  storageProfile: { osDisk: { diffDiskSettings: { option: '' } }, resourceDisk: { size: '0' } },
  vmId: '5c08b38e-4d57-4c23-ac45-aca61037f084',
  vmScaleSetName: '',
  vmSize: 'Standard_D2s_v5',
};

type Answers = Record<string, { status?: number; body: unknown }>;

/** What the API says, by what comes behind the machine's path. */
const ANSWERS: Answers = {
  'GET /providers/Microsoft.Authorization/permissions': {
    body: { value: [{ actions: ['*/read'], notActions: [] }, { actions: ['Microsoft.Compute/virtualMachines/*'] }] },
  },
  'POST /deallocate': { status: 202, body: '' },
  'PATCH /providers/Microsoft.Resources/tags/default': { body: {} },
};

/** What comes behind a machine's path, with the method in front. */
export const nameOf = ({ method, path }: RestCall) => `${method} ${path.replace(/^.*virtualMachines\/[^/]+/, '')}`;

/** Azure's metadata service and Resource Manager on loopback; `token` false: the machine has no identity. */
export async function startAzure(
  t: TestContext,
  { compute = {}, answers = {}, token = true }: { compute?: object; answers?: Answers; token?: boolean } = {},
) {
  const service = await startFakeMetadata(t, ['Metadata', 'true'], ({ path, query }) => {
    if (path === '/metadata/instance/compute') return { body: JSON.stringify({ ...COMPUTE, ...compute }) };
    if (path !== '/metadata/identity/oauth2/token' || !query.has('resource')) return undefined;
    return token ? { body: '{"access_token":"a-token","expires_in":"3599","token_type":"Bearer"}' } : 400;
  });
  const api = await startFakeRest(t, (call) => ({ ...ANSWERS, ...answers })[nameOf(call)]);
  const environment = { AZURE_METADATA_ENDPOINT: service.url, AZURE_RESOURCE_MANAGER_ENDPOINT: api.url };
  return { service, api, environment };
}

/** This host as a machine of Azure's, with these keys in its configuration and these files. */
export async function findAzure(
  t: TestContext,
  { environment }: { environment: NodeJS.ProcessEnv },
  { keys = {}, files = {} }: { keys?: Partial<Config>; files?: Record<string, string> } = {},
) {
  const search = { ...cloudSearch(environment, files), config: () => configWith(keys) };
  const { provider, metadata } = await azure.find(search, { expected: true, signal: AbortSignal.timeout(60_000) });
  t.after(() => metadata?.close());
  return provider;
}
