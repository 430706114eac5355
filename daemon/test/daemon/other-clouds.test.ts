import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as azure from '../cloud/azure/stand-in.ts';
import * as google from '../cloud/gcp/stand-in.ts';
import { QUIET, startDaemonProcess } from '../support/daemon-process.ts';
import { waitFor } from '../support/wait-for.ts';

const CLOUDS = [
  {
    cloud: 'Google',
    start: google.startGoogle,
    nameOf: google.nameOf,
    calls: ['GET ', 'POST /setLabels', 'POST /stop'],
  },
  {
    cloud: 'Azure',
    start: azure.startAzure,
    nameOf: azure.nameOf,
    calls: ['PATCH /providers/Microsoft.Resources/tags/default', 'POST /deallocate'],
  },
];

for (const { cloud, start, nameOf, calls } of CLOUDS) {
  test(`an idle host of ${cloud} is tagged, then stopped`, async (t) => {
    const { api, environment } = await start(t);
    const daemon = await startDaemonProcess(t, { config: QUIET, environment });
    const names = await waitFor('the stop', () => {
      const made = api.calls.map(nameOf);
      return made.includes(calls.at(-1) ?? '') && made;
    });
    // What stands before it is the look.
    assert.deepEqual(names.slice(-calls.length), calls);
    await waitFor('the state', async () => (await daemon.status()).state === 'snoozing');
  });
}
