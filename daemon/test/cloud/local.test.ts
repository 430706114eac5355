import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalProvider } from '../../src/cloud/local.ts';

const { signal } = new AbortController();

test('a host in no cloud has no identity, and its look says that nobody can stop it', async () => {
  const provider = createLocalProvider();
  assert.equal(provider.identity, null);
  const [finding, ...more] = await provider.look(signal);
  assert.deepEqual([finding?.id, finding?.effect, more], ['no-cloud', 'forbids', []]);
  assert.match(finding?.message ?? '', /in no cloud.*"poweroff"/);
  assert.match(provider.describeStop(), /in none: only action "poweroff"/);
});

test('it can neither be stopped nor tagged, and says what to do', async () => {
  const provider = createLocalProvider();
  const refused = { code: 'SNOOZE_E_CLOUD_FAILED', message: /in no cloud/, hint: /poweroff/ };
  await assert.rejects(provider.stop(signal), refused);
  assert.equal(provider.tag, null);
});
