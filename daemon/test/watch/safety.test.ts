import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createLocalProvider } from '../../src/cloud/local.ts';
import type { Provider, SafetyFinding } from '../../src/cloud/provider.ts';
import { createSilentProvider } from '../../src/cloud/silent.ts';
import type { Config } from '../../src/config/config.ts';
import type { Log } from '../../src/log.ts';
import { watchSafety } from '../../src/watch/safety.ts';
import { configWith } from '../cloud/config-with.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const PROTECTED: SafetyFinding = { id: 'stop-protection', effect: 'forbids', message: 'i-0aa has stop protection' };
const DENIED: SafetyFinding = { id: 'permission', effect: 'warns', message: 'EC2 denies ec2:StopInstances' };
const FINE: SafetyFinding = { id: 'permission', effect: 'fine', message: 'EC2 would accept the stop' };
const AN_IDENTITY = { provider: 'aws', instanceId: 'i-0aa' } as NonNullable<Provider['identity']>;

function setUp(t: TestContext, { provider, config = {} }: { provider?: Provider; config?: Partial<Config> } = {}) {
  const clock = createFakeClock();
  const lines: string[] = [];
  const keep = (level: string) => (_fields: object, message: string) => void lines.push(`${level}: ${message}`);
  const log: Log = { debug() {}, info: keep('info'), warn: keep('warn'), error: keep('error') };
  const world = { findings: [FINE], looks: 0, config: configWith(config) };
  const ec2: Provider = {
    ...createLocalProvider(),
    name: 'aws',
    identity: AN_IDENTITY,
    look() {
      world.looks += 1;
      return Promise.resolve(world.findings);
    },
  };
  const watch = watchSafety({ provider: () => provider ?? ec2, config: () => world.config, clock, log });
  t.after(() => watch.stop());
  watch.lookAnew();
  return { watch, clock, lines, world };
}

const effects = ({ watch }: ReturnType<typeof setUp>) => watch.findings()?.map(({ effect }) => effect);

for (const [obstacle, finding] of Object.entries({ 'stop protection': PROTECTED, 'a denied permission': DENIED })) {
  test(`${obstacle} that somebody lifts is seen without a restart, and said once`, async (t) => {
    const set = setUp(t);
    set.world.findings = [finding];
    await set.clock.advance(HOUR_MS);
    assert.deepEqual(effects(set), [finding.effect]);
    assert.deepEqual(set.lines, [`warn: ${finding.message}`]);
    set.world.findings = [FINE];
    await set.clock.advance(30 * MINUTE_MS);
    assert.deepEqual(effects(set), ['fine']);
    assert.deepEqual(set.lines.slice(1), ['info: nothing speaks against a stop any more']);
  });
}

test('an obstacle that stays is looked at after 5, 10 and 20 minutes, then twice an hour', async (t) => {
  const { clock, world } = setUp(t);
  world.findings = [PROTECTED];
  await clock.advance(0);
  const looksAfter = async (minutes: number) => {
    const before = world.looks;
    await clock.advance(minutes * MINUTE_MS);
    return world.looks - before;
  };
  assert.deepEqual([await looksAfter(5), await looksAfter(10), await looksAfter(20)], [1, 1, 1]);
  assert.equal(await looksAfter(24 * 60), 48);
});

test('where nothing hinders a stop nobody is asked again, but shortly before a snooze', async (t) => {
  const { watch, clock, world } = setUp(t);
  await clock.advance(24 * HOUR_MS);
  assert.equal(world.looks, 1);
  world.findings = [PROTECTED];
  watch.lookBeforeSnooze();
  watch.lookBeforeSnooze();
  await clock.advance(0);
  assert.equal(world.looks, 2);
  assert.equal(watch.findings()?.[0]?.effect, 'forbids');
});

test('a look that is a few minutes old is good enough for a snooze', async (t) => {
  const { watch, clock, world } = setUp(t);
  await clock.advance(9 * MINUTE_MS);
  watch.lookBeforeSnooze();
  await clock.advance(0);
  assert.equal(world.looks, 1);
});

test('what was found for another action is forgotten at once: until the new look has ended nothing is known', async (t) => {
  const { watch, clock, world } = setUp(t, { config: { action: 'poweroff' } });
  await clock.advance(0);
  assert.deepEqual([watch.findings(), world.looks], [[], 0]);
  world.config = configWith({ action: 'stop' });
  watch.lookAnew();
  assert.equal(watch.findings(), undefined);
  await clock.advance(0);
  assert.deepEqual([watch.findings(), world.looks], [[FINE], 1]);
});

test('a host that is not known forbids a stop, and warns of what is missed where it is powered off', async (t) => {
  const stop = setUp(t, { provider: createSilentProvider('the metadata service does not answer') });
  const poweroff = setUp(t, { provider: createSilentProvider('no answer'), config: { action: 'poweroff' } });
  await Promise.all([stop, poweroff].map(({ clock }) => clock.advance(0)));
  assert.deepEqual([effects(stop), effects(poweroff)], [['forbids'], ['warns']]);
  assert.deepEqual(stop.lines, [], 'who looks for the cloud has said it');
});

test('a look that fails forbids a stop until one succeeds', async (t) => {
  let away = true;
  const look = () => (away ? Promise.reject(new Error('EC2 is away')) : Promise.resolve([FINE]));
  const set = setUp(t, { provider: { ...createLocalProvider(), identity: AN_IDENTITY, look } });
  await set.clock.advance(0);
  assert.deepEqual(set.watch.findings(), [
    { id: 'look-failed', effect: 'forbids', message: 'it is not known whether a stop is safe: EC2 is away' },
  ]);
  away = false;
  await set.clock.advance(5 * MINUTE_MS);
  assert.deepEqual(effects(set), ['fine']);
});

test('a host in no cloud forbids a stop, and in a dry run only warns', async (t) => {
  const set = setUp(t, { provider: createLocalProvider() });
  await set.clock.advance(0);
  assert.deepEqual(effects(set), ['forbids']);
  set.world.config = configWith({ dry_run: true });
  set.watch.lookAnew();
  await set.clock.advance(0);
  assert.deepEqual(effects(set), ['warns']);
  set.world.config = configWith({ action: 'poweroff' });
  set.watch.lookAnew();
  await set.clock.advance(0);
  assert.deepEqual(effects(set), []);
});

test('its end leaves no timer', async (t) => {
  const { watch, clock, world } = setUp(t);
  world.findings = [PROTECTED];
  await clock.advance(MINUTE_MS);
  assert.equal(clock.waiting(), 1);
  await watch.stop();
  assert.equal(clock.waiting(), 0);
});
