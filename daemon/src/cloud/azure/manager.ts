import { SnoozeError } from '../../errors.ts';
import { at, parseJson, textOf } from '../json-answer.ts';
import type { Metadata } from '../metadata.ts';
import { apiAddress, bodyOf, type Need, type Rest, type RestAnswer, type RestRequest } from '../rest.ts';
import type { Machine } from './machine.ts';

/** Each of Azure's clouds has its own ("Azure national clouds", endpoints). */
const ADDRESSES: Readonly<Record<string, string>> = {
  AzurePublicCloud: 'https://management.azure.com/',
  AzureUSGovernmentCloud: 'https://management.usgovcloudapi.net/',
  AzureChinaCloud: 'https://management.chinacloudapi.cn/',
};
const ADDRESS_VARIABLE = 'AZURE_RESOURCE_MANAGER_ENDPOINT';
/** Which of several managed identities is meant, as in Azure's own SDKs. */
const CLIENT_VARIABLE = 'AZURE_CLIENT_ID';
const TOKEN_PATH = '/metadata/identity/oauth2/token';

export type ManagerOptions = { rest: Rest; metadata: Metadata; machine: Machine; environment: NodeJS.ProcessEnv };

/** Azure Resource Manager for this one machine, as its own managed identity. */
export type Manager = {
  /** Stops it and gives its place back: a machine that only powers off is charged for. */
  deallocate(signal: AbortSignal): Promise<void>;
  /** Sets these tags beside those that it has. */
  tag(tags: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void>;
  /** What its identity may do with it; the answer may have failed. */
  permissions(signal: AbortSignal): Promise<RestAnswer | undefined>;
};

/** Every call fails with SnoozeError SNOOZE_E_CLOUD_DENIED or SNOOZE_E_CLOUD_FAILED. */
export function createManager({ rest, metadata, machine, environment }: ManagerOptions): Manager {
  const call = async ({ path, ...request }: Omit<RestRequest, 'url'> & { path: string }, signal: AbortSignal) => {
    if (!machine.resourceId.startsWith('/subscriptions/')) {
      throw new SnoozeError('SNOOZE_E_CLOUD_FAILED', 'the metadata service does not say what Azure calls this machine');
    }
    const own = ADDRESSES[machine.environment ?? 'AzurePublicCloud'];
    const base = apiAddress(environment[ADDRESS_VARIABLE] || own || '', ADDRESS_VARIABLE);
    const url = `${base.slice(0, -1)}${encodeURI(machine.resourceId)}${path}`;
    const [answer] = await rest.call(await token(base, signal), [{ ...request, url }], signal);
    return answer;
  };
  const token = async (resource: string, signal: AbortSignal) => {
    const client = environment[CLIENT_VARIABLE];
    const query = new URLSearchParams({ 'api-version': '2018-02-01', resource, ...(client && { client_id: client }) });
    const answer = await metadata.ask(`${TOKEN_PATH}?${query}`, { signal }).catch(noToken);
    return textOf(at(parseJson(answer.body), 'access_token')) ?? noToken(undefined);
  };

  return {
    async deallocate(signal) {
      bodyOf(await call({ method: 'POST', path: '/deallocate?api-version=2024-07-01' }, signal), need(DEALLOCATE));
    },
    async tag(tags, signal) {
      const path = '/providers/Microsoft.Resources/tags/default?api-version=2021-04-01';
      const body = { operation: 'Merge', properties: { tags } };
      bodyOf(await call({ method: 'PATCH', path, body }, signal), need('Microsoft.Resources/tags/write'));
    },
    permissions(signal) {
      const path = '/providers/Microsoft.Authorization/permissions?api-version=2022-04-01';
      return call({ method: 'GET', path }, signal);
    },
  };
}

/** The permission that a stop needs; in a scale set with uniform members it is that of the set's machines. */
export const DEALLOCATE = 'Microsoft.Compute/virtualMachines/deallocate/action';

/** What a person has to do about a permission that this machine's identity does not have. */
export function need(permission: string): Need {
  const hint = "give the machine's managed identity the role in packaging/azure/role.json";
  return { cloud: 'Azure', permission, hint };
}

function noToken(cause: unknown): never {
  throw new SnoozeError('SNOOZE_E_CLOUD_DENIED', 'this machine gets no access token of a managed identity', {
    hint: `${need(DEALLOCATE).hint}; with several identities name one by ${CLIENT_VARIABLE}`,
    cause,
  });
}
