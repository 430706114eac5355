import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Clock } from '../../src/clock.ts';
import { aws } from '../../src/cloud/aws.ts';
import { type DetectOptions, findProvider } from '../../src/cloud/detect.ts';
import { runCommand } from '../../src/command.ts';
import type { Config } from '../../src/config/config.ts';
import type { Log } from '../../src/log.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { startFakeImds } from '../support/fake-imds.ts';
import { waitFor } from '../support/wait-for.ts';
import { configWith } from './config-with.ts';

const { signal } = new AbortController();
const REQUEST_LIMIT_MS = 2_000;
const NOWHERE = 'http://127.0.0.1:1';

type Setup = { config?: Partial<Config>; environment?: NodeJS.ProcessEnv; files?: Record<string, string> };

function setUp({ config = {}, environment = {}, files = {} }: Setup) {
  const clock = createFakeClock();
  const lines: string[] = [];
  const read: string[] = [];
  const keep = (level: string) => (_fields: object, message: string) => void lines.push(`${level}: ${message}`);
  const log: Log = { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
  const inForce = configWith(config);
  const options: DetectOptions = {
    config: () => inForce,
    environment,
    clock,
    log,
    run: runCommand,
    readFile(path) {
      read.push(path);
      return files[path];
    },
  };
  return { options, clock, lines, read };
}

async function service(t: TestContext, options?: Parameters<typeof startFakeImds>[0]) {
  const imds = await startFakeImds(options);
  t.after(() => imds.close());
  return { imds, environment: { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url } };
}

/**
 * Lets every wait between two questions pass at once, and no question's own time limit: on a busy machine a real
 * answer may take longer than this clock needs for a minute.
 */
function hurried({ options, clock }: ReturnType<typeof setUp>) {
  const waits: number[] = [];
  const after: Clock['after'] = (delayMs, callback) => {
    if (delayMs === REQUEST_LIMIT_MS) return () => {};
    waits.push(delayMs);
    setImmediate(callback);
    return () => {};
  };
  return { options: { ...options, clock: { ...clock, after } }, waits };
}

test('a metadata service that answers makes it aws, and is handed on', async (t) => {
  const { environment } = await service(t, { instanceId: 'i-0aa', region: 'ap-south-1', lifecycle: 'spot' });
  const { options, lines } = setUp({ environment });
  const { provider, imds } = await findProvider(options, signal);
  t.after(() => imds?.close());
  assert.equal(provider.name, 'aws');
  assert.deepEqual([provider.identity?.instanceId, provider.identity?.lifecycle], ['i-0aa', 'spot']);
  assert.equal(provider.describeStop(), 'call StopInstances for i-0aa in ap-south-1');
  assert.equal(await imds?.get('meta-data/instance-id'), 'i-0aa');
  assert.deepEqual(lines, []);
});

test('the region comes from the config, else from the environment, else from the metadata', async (t) => {
  const { environment } = await service(t, { region: 'ap-south-1' });
  const regionFor = async (setup: Setup) => {
    const { provider, imds } = await findProvider(setUp(setup).options, signal);
    imds?.close();
    return provider.describeStop().split(' in ')[1];
  };
  assert.equal(await regionFor({ environment }), 'ap-south-1');
  assert.equal(await regionFor({ environment: { ...environment, AWS_REGION: 'eu-west-3' } }), 'eu-west-3');
  const both = { environment: { ...environment, AWS_REGION: 'eu-west-3' }, config: { aws_region: 'us-east-2' } };
  assert.equal(await regionFor(both), 'us-east-2');
});

test('hardware that is not Amazon’s is local without a question to the network', async () => {
  const { options, lines } = setUp({ files: { '/sys/class/dmi/id/sys_vendor': 'LENOVO\n' } });
  const { provider, imds } = await findProvider(options, signal);
  assert.deepEqual([provider.name, imds], ['local', null]);
  assert.deepEqual(lines, []);
});

test('a configured endpoint is asked whatever the hardware says', async (t) => {
  const { environment } = await service(t);
  const { options, read } = setUp({ environment, files: { '/sys/class/dmi/id/sys_vendor': 'LENOVO\n' } });
  const { provider, imds } = await findProvider(options, signal);
  imds?.close();
  assert.equal(provider.name, 'aws');
  assert.deepEqual(read, []);
});

test('configured to be local it asks nobody', async (t) => {
  const { imds, environment } = await service(t);
  const { options } = setUp({ environment, config: { provider_type: 'local' } });
  assert.equal((await findProvider(options, signal)).provider.name, 'local');
  assert.equal(imds.requests.length, 0);
});

test('AWS_EC2_METADATA_DISABLED is obeyed, and told where aws is configured', async (t) => {
  const { imds, environment } = await service(t);
  const disabled = { ...environment, AWS_EC2_METADATA_DISABLED: 'true' };
  const quiet = setUp({ environment: disabled });
  assert.equal((await findProvider(quiet.options, signal)).provider.name, 'local');
  assert.deepEqual(quiet.lines, []);
  const wanted = setUp({ environment: disabled, config: { provider_type: 'aws' } });
  assert.equal((await findProvider(hurried(wanted).options, signal)).provider.name, 'local');
  assert.match(wanted.lines.at(-1) ?? '', /^error: .*AWS_EC2_METADATA_DISABLED .*provider_type/);
  assert.equal(imds.requests.length, 0);
});

test('a service that comes a little later is waited for, with one line', async (t) => {
  const { imds, environment } = await service(t);
  imds.faults.next({ kind: 'status', status: 503 }, { count: 3 });
  const set = setUp({ environment });
  const { options, waits } = hurried(set);
  const { provider, imds: client } = await findProvider(options, signal);
  client?.close();
  assert.equal(provider.name, 'aws');
  assert.equal(waits.length, 3);
  assert.equal(set.lines.length, 1);
  assert.match(set.lines[0] ?? '', /^warn: aws is asked again for a minute: .*503/);
});

test('a service that stays away is given a minute, then the host is taken for a local one', async () => {
  const set = setUp({ environment: { AWS_EC2_METADATA_SERVICE_ENDPOINT: NOWHERE } });
  const { options, waits } = hurried(set);
  assert.equal((await findProvider(options, signal)).provider.name, 'local');
  assert.equal(
    waits.reduce((sum, wait) => sum + wait, 0),
    60_000,
  );
  assert.equal(set.lines.length, 2);
  assert.match(set.lines[1] ?? '', /^warn: this host is taken for one in no cloud: .*ECONNREFUSED/);
});

test('what is only a guess is given a second, what is expected two', async (t) => {
  const { imds, environment } = await service(t);
  imds.faults.always({ kind: 'slow' });
  for (const [expected, seconds] of [
    [false, 1],
    [true, 2],
  ] as const) {
    const { options, clock } = setUp({ environment });
    const asked = imds.requests.length;
    const search = aws.find({ readFile: () => undefined, ...options }, { expected, signal });
    const rejected = assert.rejects(search, { message: new RegExp(`no answer within ${seconds}000 ms`) });
    await waitFor('the question', () => imds.requests.length > asked);
    await clock.advance(seconds * 1000);
    await rejected;
  }
});

test('without an endpoint the hardware says whether EC2 is expected', () => {
  const expected = (files: Record<string, string>) => {
    const { options } = setUp({ files });
    return aws.expects({ readFile: () => undefined, ...options });
  };
  assert.equal(expected({ '/sys/class/dmi/id/sys_vendor': 'Amazon EC2\n' }), 'yes');
  assert.equal(expected({ '/sys/hypervisor/uuid': 'ec2e1916-9099\n' }), 'yes');
  assert.equal(expected({ '/sys/class/dmi/id/sys_vendor': 'QEMU\n' }), 'no');
  assert.equal(expected({}), 'maybe');
});

for (const fault of ['garbage', 'truncated'] as const) {
  test(`an identity document that is ${fault} is no identity`, async (t) => {
    const { imds, environment } = await service(t);
    imds.faults.always({ kind: fault }, { scope: 'item' });
    const set = setUp({ environment });
    assert.equal((await findProvider(hurried(set).options, signal)).provider.name, 'local');
    assert.match(set.lines.at(-1) ?? '', /names no instance/);
    await waitFor('the end of its connections', () => imds.connections().open === 0);
  });
}

test('a bad endpoint is a line in the log and no crash', async () => {
  const set = setUp({ environment: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'nonsense' } });
  assert.equal((await findProvider(hurried(set).options, signal)).provider.name, 'local');
  assert.match(set.lines.at(-1) ?? '', /"nonsense".*http:\/\//);
});

test('an abort ends the search at once, with nothing left behind', async (t) => {
  const { imds, environment } = await service(t);
  imds.faults.always({ kind: 'slow' });
  const { options, clock, lines } = setUp({ environment });
  const ending = new AbortController();
  const search = findProvider(options, ending.signal);
  await waitFor('the question', () => imds.requests.length === 1);
  ending.abort();
  assert.equal((await search).provider.name, 'local');
  assert.deepEqual([clock.waiting(), lines], [0, []]);
});

test('an abort between two questions ends the search too', async () => {
  const { options, lines } = setUp({ environment: { AWS_EC2_METADATA_SERVICE_ENDPOINT: NOWHERE } });
  const ending = new AbortController();
  const search = findProvider(options, ending.signal);
  await waitFor('the first answer', () => lines.length === 1);
  ending.abort();
  assert.equal((await search).provider.name, 'local');
  assert.equal(lines.length, 1);
});
