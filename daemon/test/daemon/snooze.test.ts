import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QUIET, startDaemonProcess } from '../support/daemon-process.ts';
import { ec2Environment, startFakeEc2 } from '../support/fake-ec2.ts';
import { startFakeImds } from '../support/fake-imds.ts';
import { waitFor } from '../support/wait-for.ts';

type Cloud = { imds: Awaited<ReturnType<typeof startFakeImds>>; ec2: Awaited<ReturnType<typeof startFakeEc2>> };

async function startCloud(t: {
  after(hook: () => Promise<void>): void;
}): Promise<Cloud & { environment: Record<string, string> }> {
  const imds = await startFakeImds();
  const ec2 = await startFakeEc2();
  t.after(() => imds.close());
  t.after(() => ec2.close());
  const environment = {
    ...ec2Environment(ec2),
    AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url,
    AWS_EC2_METADATA_DISABLED: 'false',
  };
  return { imds, ec2, environment };
}

const realStops = ({ ec2 }: Cloud) =>
  ec2.calls.filter(({ action, params }) => action === 'StopInstances' && params['DryRun'] !== 'true');

test('an idle host is tagged, then stopped, through the real SDK', async (t) => {
  const cloud = await startCloud(t);
  const daemon = await startDaemonProcess(t, {
    config: { ...QUIET, detailed_instance_tags: true },
    environment: cloud.environment,
  });
  await waitFor('the stop', () => realStops(cloud).length === 1);
  const actions = cloud.ec2.calls.map(({ action }) => action);
  assert.ok(actions.indexOf('CreateTags') < actions.lastIndexOf('StopInstances'), 'tagged before it is stopped');
  const tags = Object.values(cloud.ec2.calls.find(({ action }) => action === 'CreateTags')?.params ?? {});
  for (const name of [
    'Status',
    'StopTimestamp',
    'StopReason',
    'CPUPercent',
    'NaptimeMinutes',
    'InstanceType',
    'Region',
  ]) {
    assert.ok(tags.includes(`CloudSnooze:${name}`), `tag ${name} among ${tags.join()}`);
  }
  const history = await daemon.client.call('history.list', { limit: 50 });
  assert.equal(history.filter(({ kind }) => kind === 'snooze').length, 1);
  await waitFor('the state', async () => (await daemon.status()).state === 'snoozing');
});

test('a dry run says exactly what it would have done, records it so, and stops nothing', async (t) => {
  const cloud = await startCloud(t);
  const daemon = await startDaemonProcess(t, { config: QUIET, environment: cloud.environment, flags: ['--dry-run'] });
  // With the second on record the first has been carried through.
  const [entry] = await waitFor('two entries', async () => {
    const entries = await daemon.client.call('history.list', { limit: 50 });
    const snoozes = entries.filter(({ kind }) => kind === 'snooze');
    return snoozes.length >= 2 && snoozes;
  });
  assert.ok(entry);
  assert.match(
    entry.summary,
    /^dry run: would tag the instance \(.*\), then call StopInstances for i-\w+ in [a-z0-9-]+$/,
  );
  assert.equal(entry.details['dry_run'], true);
  assert.deepEqual(realStops(cloud), []);
  assert.equal(
    cloud.ec2.calls.some(({ action }) => action === 'CreateTags'),
    false,
  );
});

test('a denied stop is recorded, shown, tried again with backoff, and the host stays watched', async (t) => {
  const cloud = await startCloud(t);
  cloud.ec2.deny('StopInstances');
  const daemon = await startDaemonProcess(t, { config: QUIET, environment: cloud.environment });
  const status = await waitFor('the failure', async () => {
    const now = await daemon.status();
    return now.last_failure !== null && now.last_failure.retry_at !== null && now;
  });
  assert.match(status.last_failure?.message ?? '', /denies ec2:StopInstances.*packaging\/iam\/policy\.json/);
  assert.equal(status.state, 'inhibited');
  assert.equal(status.inhibitors[0]?.kind, 'backoff');
  assert.ok(status.checks.length > 0, 'it is still watched');
  const history = await daemon.client.call('history.list', { limit: 50 });
  assert.ok(history.some(({ kind, summary }) => kind === 'snooze-failed' && summary.includes('ec2:StopInstances')));
});

test('the safety look forbids the stop of an Auto Scaling member until it is allowed', async (t) => {
  const cloud = await startCloud(t);
  cloud.ec2.instance.tags = { ...cloud.ec2.instance.tags, 'aws:autoscaling:groupName': 'workers' };
  const daemon = await startDaemonProcess(t, { config: QUIET, environment: cloud.environment });
  const status = await waitFor('the finding', async () => {
    const now = await daemon.status();
    return now.state === 'inhibited' && now.inhibitors.some(({ name }) => name === 'auto-scaling') && now;
  });
  assert.match(status.next, /Auto Scaling group workers/);
  assert.deepEqual(realStops(cloud), []);
  await daemon.client.call('config.set', { key: 'allow_auto_scaling_member', value: true });
  await waitFor('the stop', () => realStops(cloud).length === 1);
});

test('a metadata service that is away at the start is asked until it comes: then the host is known and its notice is seen', async (t) => {
  const cloud = await startCloud(t);
  cloud.imds.faults.always(503);
  const daemon = await startDaemonProcess(t, { config: QUIET, environment: cloud.environment });
  const before = await waitFor('an idle host', async () => {
    const now = await daemon.status();
    return now.state === 'inhibited' && now.safety.length > 0 && now;
  });
  assert.deepEqual([before.provider, before.instance], ['not known yet', null]);
  assert.match(before.next, /cloud not known yet: the metadata service answered 503/);

  const deadline = new Date(Date.now() + 120_000).toISOString();
  cloud.imds.set('instance-life-cycle', 'spot');
  cloud.imds.set('spot/instance-action', { action: 'terminate', time: deadline });
  cloud.imds.faults.clear();
  const after = await waitFor('the notice', async () => {
    const now = await daemon.status();
    return now.events.last !== null && now;
  });
  assert.equal(after.provider, 'aws');
  assert.equal(after.instance?.lifecycle, 'spot');
  assert.equal(after.events.last?.event.type, 'cloud.spot.interrupt');
  assert.deepEqual(realStops(cloud), []);
  assert.equal(daemon.output().split('answered 503').length, 2, 'one line');
});

test('stop protection that is turned off is seen at a reload, and the host is stopped', async (t) => {
  const cloud = await startCloud(t);
  cloud.ec2.instance.stopProtection = true;
  const daemon = await startDaemonProcess(t, { config: QUIET, environment: cloud.environment });
  await waitFor('the finding', async () =>
    (await daemon.status()).inhibitors.some(({ name }) => name === 'stop-protection'),
  );
  cloud.ec2.instance.stopProtection = false;
  await daemon.client.call('config.reload', {});
  await waitFor('the stop', () => realStops(cloud).length === 1);
});

test('on a host in no cloud the action "stop" is forbidden in words instead of failing every hour', async (t) => {
  const daemon = await startDaemonProcess(t, { config: QUIET });
  const status = await waitFor('the finding', async () => {
    const now = await daemon.status();
    return now.state === 'inhibited' && now.inhibitors[0]?.name === 'no-cloud' && now;
  });
  assert.match(status.next, /in no cloud that could stop it.*"poweroff"/);
});
