import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { aws } from '../../src/cloud/aws.ts';
import { azure } from '../../src/cloud/azure.ts';
import { type DetectOptions, findProvider } from '../../src/cloud/detect.ts';
import { gcp } from '../../src/cloud/gcp.ts';
import { local } from '../../src/cloud/local.ts';
import type { ProviderKind } from '../../src/cloud/provider.ts';
import { runCommand } from '../../src/command.ts';
import type { Config } from '../../src/config/config.ts';
import type { Log } from '../../src/log.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { startFakeImds } from '../support/fake-imds.ts';
import { waitFor } from '../support/wait-for.ts';
import { configWith } from './config-with.ts';

const { signal } = new AbortController();
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

/** What was found; fails where the cloud is silent. */
async function foundBy({ options }: Pick<ReturnType<typeof setUp>, 'options'>) {
  const answer = await findProvider(options, signal);
  if (answer.kind === 'silent') assert.fail(`silent: ${answer.reason}`);
  return { ...answer.found, sure: answer.sure };
}

/** Why the cloud does not say who this host is; fails where one is found. */
async function silenceOf({ options }: Pick<ReturnType<typeof setUp>, 'options'>): Promise<string> {
  const answer = await findProvider(options, signal);
  return answer.kind === 'silent' ? answer.reason : assert.fail(`found: ${answer.found.provider.name}`);
}

test('a metadata service that answers makes it aws, and is handed on', async (t) => {
  const { environment } = await service(t, { instanceId: 'i-0aa', region: 'ap-south-1', lifecycle: 'spot' });
  const set = setUp({ environment });
  const { provider, imds, sure } = await foundBy(set);
  t.after(() => imds?.close());
  assert.deepEqual([provider.name, sure], ['aws', true]);
  assert.deepEqual([provider.identity?.instanceId, provider.identity?.lifecycle], ['i-0aa', 'spot']);
  assert.equal(provider.describeStop(), 'call StopInstances for i-0aa in ap-south-1');
  assert.equal(await imds?.get('meta-data/instance-id'), 'i-0aa');
  assert.deepEqual(set.lines, []);
});

test('the region comes from the config, else from the environment, else from the metadata', async (t) => {
  const { environment } = await service(t, { region: 'ap-south-1' });
  const regionFor = async (setup: Setup) => {
    const { provider, imds } = await foundBy(setUp(setup));
    imds?.close();
    return provider.describeStop().split(' in ')[1];
  };
  assert.equal(await regionFor({ environment }), 'ap-south-1');
  assert.equal(await regionFor({ environment: { ...environment, AWS_REGION: 'eu-west-3' } }), 'eu-west-3');
  const both = { environment: { ...environment, AWS_REGION: 'eu-west-3' }, config: { aws_region: 'us-east-2' } };
  assert.equal(await regionFor(both), 'us-east-2');
});

test('hardware that is not Amazon’s is local without a question to the network', async () => {
  const set = setUp({ files: { '/sys/class/dmi/id/sys_vendor': 'LENOVO\n' } });
  const { provider, imds, sure } = await foundBy(set);
  assert.deepEqual([provider.name, imds, sure], ['local', null, true]);
  assert.deepEqual(set.lines, []);
});

test('a configured endpoint is asked whatever the hardware says', async (t) => {
  const { environment } = await service(t);
  const set = setUp({ environment, files: { '/sys/class/dmi/id/sys_vendor': 'LENOVO\n' } });
  const { provider, imds } = await foundBy(set);
  imds?.close();
  assert.equal(provider.name, 'aws');
  assert.deepEqual(set.read, []);
});

test('configured to be local it asks nobody', async (t) => {
  const { imds, environment } = await service(t);
  const { provider, sure } = await foundBy(setUp({ environment, config: { provider_type: 'local' } }));
  assert.deepEqual([provider.name, sure, imds.requests.length], ['local', true, 0]);
});

test('AWS_EC2_METADATA_DISABLED is obeyed, and told where aws is configured', async (t) => {
  const { imds, environment } = await service(t);
  const disabled = { ...environment, AWS_EC2_METADATA_DISABLED: 'true' };
  const quiet = setUp({ environment: disabled });
  assert.equal((await foundBy(quiet)).provider.name, 'local');
  assert.deepEqual(quiet.lines, []);
  const wanted = setUp({ environment: disabled, config: { provider_type: 'aws' } });
  assert.match(await silenceOf(wanted), /AWS_EC2_METADATA_DISABLED .*provider_type/);
  assert.equal(imds.requests.length, 0);
});

test('a host that its hardware says is on EC2 is never a local one, however the metadata service fails', async (t) => {
  const { imds, environment } = await service(t);
  const files = { '/sys/class/dmi/id/sys_vendor': 'Amazon EC2\n' };
  for (const status of [403, 404, 500, 503]) {
    imds.faults.always(status);
    assert.match(await silenceOf(setUp({ environment, files })), /metadata/);
  }
  assert.match(
    await silenceOf(setUp({ environment: { AWS_EC2_METADATA_SERVICE_ENDPOINT: NOWHERE }, files })),
    /ECONNREFUSED/,
  );
});

test('where nothing speaks for a cloud but that nothing speaks against it, the host is local, and that is not sure', async (t) => {
  const { imds, environment } = await service(t);
  imds.faults.always('reset');
  const set = setUp({ environment });
  const guess = { ...aws, expects: () => 'maybe' as const };
  const answer = await findProvider(set.options, signal, [guess, local]);
  assert.deepEqual(answer.kind === 'found' && [answer.found.provider.name, answer.sure], ['local', false]);
  assert.match(set.lines.join(), /^debug: aws does not answer/);
});

test('what is only a guess is given a second, what is expected two', async (t) => {
  const { imds, environment } = await service(t);
  imds.faults.always('hang');
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
    imds.faults.always(fault, { scope: 'item' });
    assert.match(await silenceOf(setUp({ environment })), /names no instance/);
    await waitFor('the end of its connections', () => imds.connections().open === 0);
  });
}

test('a bad endpoint is told, and no crash', async () => {
  const set = setUp({ environment: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'nonsense' } });
  assert.match(await silenceOf(set), /"nonsense".*http:\/\//);
});

test('an abort ends the search at once, with nothing left behind', async (t) => {
  const { imds, environment } = await service(t);
  imds.faults.always('hang');
  const { options, clock, lines } = setUp({ environment });
  const ending = new AbortController();
  const search = findProvider(options, ending.signal);
  await waitFor('the question', () => imds.requests.length === 1);
  ending.abort();
  await search;
  assert.deepEqual([clock.waiting(), lines], [0, []]);
});

test('where nothing names a cloud all are asked at once, and the first that answers is it', async () => {
  const asked: string[] = [];
  const ended: string[] = [];
  const closed: string[] = [];
  /** A cloud that answers as soon as all three are asked, or never. */
  const cloud = (name: 'aws' | 'azure' | 'gcp', answers: boolean): ProviderKind => ({
    name,
    expects: () => 'maybe',
    async find(search, { expected, signal: ending }) {
      asked.push(`${name} ${expected}`);
      const late = new Promise<never>((_, reject) => {
        ending.addEventListener('abort', () => {
          ended.push(name);
          reject(new Error('late'));
        });
      });
      late.catch(() => {});
      const ask = () => Promise.reject(new Error());
      const metadata = { ask, counts: () => ({ requests: 0 }), close: () => void closed.push(name) };
      await waitFor('the others', () => asked.length === 3);
      if (!answers) await late;
      return { ...(await local.find(search, { expected, signal: ending })), metadata };
    },
  });
  const set = setUp({});
  const kinds = [cloud('aws', false), cloud('azure', true), cloud('gcp', true), local];
  const answer = await findProvider(set.options, signal, kinds);
  assert.deepEqual(asked, ['aws false', 'azure false', 'gcp false']);
  assert.ok(answer.kind === 'found' && answer.sure && answer.found.metadata !== null);
  assert.deepEqual(ended, ['aws', 'azure', 'gcp']);
  assert.equal(closed.length, 1, 'the connection of the one that came too late');
  assert.deepEqual(set.lines, []);
});

for (const [name, files] of [
  ['azure', { '/sys/class/dmi/id/chassis_asset_tag': '7783-7084-3265-9085-8269-3286-77\n' }],
  ['gcp', { '/sys/class/dmi/id/product_name': 'Google Compute Engine\n' }],
] as const) {
  test(`a host that its hardware says is in ${name} is asked for nowhere else, and is never a local one`, async () => {
    const set = setUp({ files: { '/sys/class/dmi/id/sys_vendor': 'Somebody\n', ...files } });
    const refuse = () => Promise.reject(new Error(`${name} is silent`));
    const kinds = [aws, azure, gcp, local].map((kind) => (kind.name === name ? { ...kind, find: refuse } : kind));
    assert.deepEqual(await findProvider(set.options, signal, kinds), { kind: 'silent', reason: `${name} is silent` });
  });
}

test('provider_type names the cloud whatever the hardware says', async () => {
  const files = { '/sys/class/dmi/id/sys_vendor': 'Amazon EC2\n' };
  for (const wanted of ['azure', 'gcp'] as const) {
    const set = setUp({ files, config: { provider_type: wanted } });
    const kinds = [aws, azure, gcp, local].map((kind) => ({
      ...kind,
      find: () => Promise.reject(new Error(`${kind.name} was asked`)),
    }));
    assert.deepEqual(await findProvider(set.options, signal, kinds), { kind: 'silent', reason: `${wanted} was asked` });
  }
});
