import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAzure, nameOf, RESOURCE_ID, startAzure } from './stand-in.ts';

const { signal } = new AbortController();

test('a stop deallocates the machine as its managed identity', async (t) => {
  const azure = await startAzure(t);
  const provider = await findAzure(t, azure);
  await provider.stop(signal);
  const [call, ...more] = azure.api.calls;
  assert.deepEqual(more, []);
  assert.equal(call?.path, `${RESOURCE_ID}/deallocate`);
  assert.equal(call?.method, 'POST');
  assert.equal(call?.authorization, 'Bearer a-token');
  assert.match(call?.query.get('api-version') ?? '', /^\d{4}-\d\d-\d\d$/);
  assert.equal(provider.describeStop(), 'deallocate vm0 in Azure');
});

test('the token is for the API, and for the identity that is named', async (t) => {
  const azure = await startAzure(t);
  const environment = { ...azure.environment, AZURE_CLIENT_ID: 'an-identity' };
  await (await findAzure(t, { environment })).stop(signal);
  const query = azure.service.requests.find(({ path }) => path.endsWith('/token'))?.query;
  assert.equal(query?.get('resource'), `${azure.api.url}/`);
  assert.equal(query?.get('client_id'), 'an-identity');
});

test('tags are set beside those that are there', async (t) => {
  const azure = await startAzure(t);
  await (await findAzure(t, azure)).tag?.({ 'CloudSnooze:Status': 'Stopped' }, signal);
  assert.deepEqual(azure.api.calls.map(nameOf), ['PATCH /providers/Microsoft.Resources/tags/default']);
  assert.deepEqual(azure.api.calls[0]?.body, {
    operation: 'Merge',
    properties: { tags: { 'CloudSnooze:Status': 'Stopped' } },
  });
});

test('a denied or refused stop says why', async (t) => {
  const refuse = async (status: number, message: string) => {
    const answers = { 'POST /deallocate': { status, body: { error: { code: 'Code', message } } } };
    return (await findAzure(t, await startAzure(t, { answers }))).stop(signal);
  };
  const denied = { code: 'SNOOZE_E_CLOUD_DENIED', message: /denies .*deallocate\/action: No role/, hint: /role.json/ };
  await assert.rejects(refuse(403, 'No role.'), denied);
  const locked = { code: 'SNOOZE_E_CLOUD_FAILED', message: /answered 409 to .*: The scope is locked/ };
  await assert.rejects(refuse(409, 'The scope is locked.'), locked);
});

test('a machine without an identity says so, and one that does not know its own path', async (t) => {
  const nobody = await findAzure(t, await startAzure(t, { token: false }));
  const denied = {
    code: 'SNOOZE_E_CLOUD_DENIED',
    message: /no access token/,
    hint: /identity the role.*AZURE_CLIENT_ID/,
  };
  await assert.rejects(nobody.stop(signal), denied);
  const lost = await startAzure(t, { compute: { resourceId: undefined } });
  const failed = { code: 'SNOOZE_E_CLOUD_FAILED', message: /does not say what Azure calls this machine/ };
  await assert.rejects((await findAzure(t, lost)).stop(signal), failed);
  assert.deepEqual(lost.api.calls, []);
});
