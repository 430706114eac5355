import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ec2Lifecycle } from '../../../src/events/sources/ec2-lifecycle.ts';
import { ec2Maintenance } from '../../../src/events/sources/ec2-maintenance.ts';
import { ec2Rebalance } from '../../../src/events/sources/ec2-rebalance.ts';
import { ec2Spot } from '../../../src/events/sources/ec2-spot.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startCalmSource } from './calm-world.ts';

test('a service that is away is one line for all that is asked of it, and what fails alone is a line of its own', async (t) => {
  const { service, clock, lines, health, watch } = await startCalmSource(t, ec2Rebalance);
  const all = [health, ...[ec2Maintenance, ec2Lifecycle, ec2Spot].map((source) => watch(source).health)];
  const until = async (what: string, isSo: () => boolean) => {
    for (let round = 0; round < 4; round++) {
      await waitFor('the answers', () => clock.waiting() === all.length);
      await clock.advance(30_000);
    }
    await waitFor(what, isSo);
  };
  const every = (status: string) => all.every((one) => one().status === status);
  await until('all to be seen', () => every('ok'));

  await service.disappear();
  await until('all to fail', () => every('failing'));
  assert.equal(lines.length, 1, lines.join('\n'));
  assert.match(lines[0] ?? '', /cannot be seen: the metadata service at .* cannot be reached/);

  await service.comeBack();
  await until('all to be seen again', () => every('ok'));
  assert.deepEqual(lines.slice(1), [`${lines[0]?.split(' cannot be seen')[0]} can be seen again`]);

  service.set('autoscaling/target-lifecycle-state', '<html>');
  service.set('spot/instance-action', '<html>');
  const said = (what: string) => lines.slice(2).filter((line) => line.startsWith(`${what} cannot be seen`)).length;
  await until('both to fail', () => said('spot notices') === 1 && said('the Auto Scaling lifecycle state') === 1);
  assert.equal(lines.length, 4, lines.join('\n'));
});
