import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rehearsalKind } from '../../../src/events/rehearsal/kinds.ts';
import { createRehearsals } from '../../../src/events/rehearsal/rehearse.ts';
import { sourceContext } from '../sources/source-world.ts';

test('where no notice is watched for there is no rehearsal that could pass', async (t) => {
  const { context, notices } = sourceContext(t, { eventsConfig: { enabled: false } });
  const rehearsals = createRehearsals({ ...context, identity: () => null });
  t.after(rehearsals.stop);
  await assert.rejects(rehearsals.begin(rehearsalKind('spot'), 60), {
    code: 'SNOOZE_E_EVENT_STATE',
    message: 'events are turned off in the configuration (events.enabled): no notice would reach anybody',
  });
  assert.deepEqual(notices, []);
});
