import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { rfc3339, sleep } from '../../../src/clock.ts';
import { createImds } from '../../../src/cloud/aws/imds.ts';
import { EC2_SOURCE } from '../../../src/events/sources/ec2.ts';
import { MAINTENANCE } from '../../../src/events/sources/maintenance-incident.ts';
import { SOURCES } from '../../../src/events/sources/registry.ts';
import { defineSource, type SourceContext } from '../../../src/events/sources/source.ts';
import { watchSources } from '../../../src/events/sources/watch-sources.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { identity, sourceContext } from './source-world.ts';

test('sources are started where they apply, as soon as they do, and have ended after stop', async (t) => {
  const clock = createFakeClock();
  const log: string[] = [];
  const source = (name: string, applies: (context: Pick<SourceContext, 'identity'>) => boolean) =>
    defineSource({
      name,
      title: name,
      applies,
      watch(context) {
        log.push(`${name} begins`);
        return {
          health: () => ({ status: 'ok', message: 'no notice', sinceWallMs: 5 }),
          ended: sleep(context.clock, 1000, context.signal).then(() => void log.push(`${name} ended`)),
        };
      },
    });
  let enabled = true;
  const { context } = sourceContext(t, { clock });
  const watch = watchSources({ ...context, config: () => ({ ...context.config(), enabled }) }, [
    source('host', () => true),
    source('cloud', ({ identity: who }) => who !== null),
  ]);
  watch.reconsider();
  assert.deepEqual(log, ['host begins']);
  const imds = createImds({ endpoint: 'http://127.0.0.1:1', clock });
  watch.reconsider({ identity, imds, metadata: null });
  await clock.advance(0);
  assert.deepEqual(log, ['host begins', 'host begins', 'cloud begins', 'host ended'], 'it begins anew as this host');
  watch.reconsider();
  assert.deepEqual(watch.health(), [
    { name: 'host', status: 'ok', message: 'no notice', sinceWallMs: 5 },
    { name: 'cloud', status: 'ok', message: 'no notice', sinceWallMs: 5 },
  ]);
  enabled = false;
  watch.reconsider();
  assert.deepEqual(watch.health(), []);
  enabled = true;
  watch.reconsider();
  await watch.stop();
  assert.equal(log.filter((line) => line.endsWith('begins')).length, 5);
  assert.equal(log.filter((line) => line.endsWith('ended')).length, 5);
  watch.reconsider();
  assert.deepEqual(watch.health(), [], 'nothing begins after the end');
  assert.equal(clock.waiting(), 0);
  imds.close();
});

test('what the cloud was about to do with the host that this one is an image of is off', (t) => {
  const { context, journal } = sourceContext(t);
  const deadline = rfc3339(context.clock.wallMs() + 86_400_000);
  const about = (id: string, data: Record<string, unknown>) =>
    context.emit({ kind: 'notice', id, type: MAINTENANCE, source: EC2_SOURCE, deadline, data });
  about('of-it', { instance_id: 'i-0original' });
  about('mine', { instance_id: identity.instanceId });
  about('rehearsed', { instance_id: 'i-0played', rehearsal: true });
  const watch = watchSources(context, []);
  watch.reconsider();
  const reasonOf = (id: string) => journal.get(id)?.closing?.reason;
  assert.equal(reasonOf('of-it'), undefined, 'it is not known yet who this is');
  watch.reconsider({ identity, imds: null, metadata: null });
  assert.deepEqual(['of-it', 'mine', 'rehearsed'].map(reasonOf), [
    `it was for i-0original, and this is ${identity.instanceId}`,
    undefined,
    undefined,
  ]);
});

test('every source of the folder is in the list', () => {
  const folder = new URL('../../../src/events/sources/', import.meta.url);
  const files = readdirSync(folder).filter((file) =>
    /defineSource\(\{/.test(readFileSync(new URL(file, folder), 'utf8')),
  );
  assert.deepEqual(SOURCES.map(({ name }) => `${name}.ts`).sort(), files.sort());
});
