import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Clock } from '../../src/clock.ts';
import { gceIdentity } from '../../src/cloud/gcp.ts';
import type { Found } from '../../src/cloud/provider.ts';
import { runCommand } from '../../src/command.ts';
import type { Config } from '../../src/config/config.ts';
import type { Log } from '../../src/log.ts';
import { type CloudWatch, nameOf, watchCloud } from '../../src/watch/cloud.ts';
import { configWith } from '../cloud/config-with.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { startFakeImds } from '../support/fake-imds.ts';
import { waitFor } from '../support/wait-for.ts';

const MINUTE_MS = 60_000;
/** A question's own time limit, which never passes here: a busy machine may take long for a real answer. */
const REQUEST_LIMIT_MS = 2_000;
const EC2 = { '/sys/class/dmi/id/sys_vendor': 'Amazon EC2\n' };

/** A host that asks a metadata service which is away, with a clock that moves only when told. */
async function setUp(t: TestContext, files: Record<string, string> = EC2) {
  const imds = await startFakeImds({ instanceId: 'i-0aa', region: 'ap-south-1' });
  imds.faults.always(503);
  const clock = createFakeClock();
  const lines: string[] = [];
  const keep = (level: string) => (_fields: object, message: string) => void lines.push(`${level}: ${message}`);
  const log: Log = { debug() {}, info: keep('info'), warn: keep('warn'), error: keep('error') };
  const after: Clock['after'] = (delayMs, callback) =>
    delayMs === REQUEST_LIMIT_MS ? () => {} : clock.after(delayMs, callback);
  let config = configWith({});
  const found: Found[] = [];
  /** When each search began: it looks into the configuration first. */
  const askedBootMs: number[] = [];
  const options = {
    config() {
      askedBootMs.push(clock.bootMs());
      return config;
    },
    environment: { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url },
    clock: { ...clock, after },
    log,
    run: runCommand,
    readFile: (path: string) => files[path],
  };
  const watch: CloudWatch = watchCloud(options, (next) => Promise.resolve(void found.push(next)));
  t.after(async () => {
    await watch.stop();
    await imds.close();
  });
  return {
    watch,
    imds,
    clock,
    lines,
    found,
    askedBootMs,
    configure: (values: Partial<Config>) => {
      config = configWith(values);
    },
    /** Waits until it has asked and waits itself, then lets the time pass after which it asks again. */
    async askAgain(afterMs = MINUTE_MS) {
      await waitFor('its wait', () => clock.waiting() === 1);
      await clock.advance(afterMs);
    },
  };
}

test('a host on EC2 whose metadata service is away at boot is never local, and is known when the service comes', async (t) => {
  const { watch, imds, clock, lines, found, askAgain } = await setUp(t);
  for (let asked = 0; asked < 20; asked += 1) await askAgain();
  await waitFor('its wait', () => clock.waiting() === 1);
  const silent = watch.provider();
  assert.deepEqual([silent.name, silent.identity], ['not known yet', null]);
  const [finding] = await silent.look(new AbortController().signal);
  assert.equal(finding?.effect, 'forbids');
  assert.match(finding?.message ?? '', /^cloud not known yet: the metadata service answered 503/);
  await assert.rejects(silent.stop(new AbortController().signal), { code: 'SNOOZE_E_METADATA' });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^warn: the cloud is not known, and is asked until it answers: .*503/);
  assert.equal(found.length, 1, 'nothing has changed since the first answer');

  imds.faults.clear();
  await askAgain();
  await waitFor('the cloud', () => watch.provider().name === 'aws');
  assert.equal(watch.provider().identity?.instanceId, 'i-0aa');
  assert.deepEqual(lines.slice(1), [`info: this is i-0aa (${watch.provider().identity?.instanceType}) in ap-south-1`]);
  assert.deepEqual(
    found.map(({ provider }) => provider.name),
    ['not known yet', 'aws'],
  );
  assert.equal(await found[1]?.imds?.get('meta-data/instance-id'), 'i-0aa');
  const asked = imds.requests.length;
  await clock.advance(60 * MINUTE_MS);
  assert.equal(imds.requests.length, asked, 'nobody asks any more who it is');
});

test('a metadata service that stays away is asked soon at first, then once a minute', async (t) => {
  const { askedBootMs, askAgain } = await setUp(t);
  for (let asked = 0; asked < 12; asked += 1) await askAgain();
  const waitsMs = askedBootMs.slice(1).map((bootMs, index) => bootMs - (askedBootMs[index] ?? 0));
  assert.deepEqual(
    waitsMs.slice(0, 4).map((waitMs) => waitMs <= MINUTE_MS),
    [true, true, true, true],
  );
  assert.ok(
    waitsMs.slice(7).every((waitMs) => waitMs >= MINUTE_MS),
    `${waitsMs}`,
  );
});

test('another reason of the same silence is told by the provider, and is no line', async (t) => {
  const { watch, imds, lines, askAgain } = await setUp(t);
  await waitFor('the first answer', () => watch.provider().describeStop() !== '' && lines.length === 1);
  imds.faults.clear();
  imds.faults.always(403);
  const message = async () => (await watch.provider().look(new AbortController().signal))[0]?.message ?? '';
  await askAgain();
  await waitFor('the reason', async () => /turned off/.test(await message()));
  assert.match(await message(), /modify-instance-metadata-options/);
  assert.equal(lines.length, 1);
});

test('another provider_type is looked for at once, without an end of the daemon', async (t) => {
  const { watch, lines, configure } = await setUp(t);
  await waitFor('the first answer', () => lines.length === 1);
  configure({ provider_type: 'local' });
  watch.searchAgain();
  await waitFor('the provider', () => watch.provider().name === 'local');
  assert.deepEqual(lines.slice(1), ['info: this host is in no cloud']);
  configure({ provider_type: 'aws' });
  watch.searchAgain();
  await waitFor('the provider', () => watch.provider().name === 'not known yet');
});

test('its end leaves no timer, no question and no connection', async (t) => {
  const { watch, imds, clock } = await setUp(t);
  await waitFor('its wait', () => clock.waiting() === 1);
  await watch.stop();
  assert.equal(clock.waiting(), 0);
  await waitFor('the end of its connections', () => imds.connections().open === 0);
});

test('an instance of which the service tells neither type nor zone is named by its number alone', () => {
  const said = {
    instanceId: '42',
    zone: undefined,
    machineType: undefined,
    preemptible: undefined,
    project: undefined,
  };
  assert.equal(nameOf(gceIdentity(said)), '42');
  const full = { ...said, zone: 'projects/1/zones/europe-west4-a', machineType: 'projects/1/machineTypes/e2-small' };
  assert.equal(nameOf(gceIdentity(full)), '42 (e2-small) in europe-west4');
});
