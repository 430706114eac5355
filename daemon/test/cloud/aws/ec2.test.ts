import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { answerValue, createEc2, type Ec2Request } from '../../../src/cloud/aws/ec2.ts';
import { type CommandOptions, type CommandRunner, runCommand } from '../../../src/command.ts';
import { SnoozeError } from '../../../src/errors.ts';
import { ec2Environment, startFakeEc2 } from '../../support/fake-ec2.ts';
import { processesWithEnvironment } from '../../support/processes.ts';
import { waitFor } from '../../support/wait-for.ts';

const ID = 'i-0123456789abcdef0';
const STOP: Ec2Request = { operation: 'StopInstances', input: { InstanceIds: [ID] } };
const DESCRIBE: Ec2Request = { operation: 'DescribeInstances', input: { InstanceIds: [ID] } };
const { signal } = new AbortController();

async function start(t: TestContext, environment: NodeJS.ProcessEnv = {}) {
  const ec2 = await startFakeEc2();
  t.after(() => ec2.close());
  const api = createEc2({
    region: 'eu-west-1',
    environment: { ...ec2Environment(ec2), ...environment },
    run: runCommand,
  });
  return { ec2, api };
}

/** A program that ended like this, in place of the real one. */
function ended(result: { exitCode?: number; stdout?: string; stderr?: string }) {
  const run: CommandRunner = () => Promise.resolve({ exitCode: 0, stdout: '', stderr: '', ...result });
  return createEc2({ region: 'eu-west-1', environment: {}, run });
}

function failsWith(message: RegExp) {
  return { name: 'SnoozeError', code: 'SNOOZE_E_CLOUD_FAILED', message };
}

test('the real SDK makes the calls, each with its own answer in its own place', async (t) => {
  const { ec2, api } = await start(t);
  ec2.deny('DescribeInstances');
  const answers = await api.call([DESCRIBE, STOP], signal);
  assert.deepEqual(
    answers.map((answer) => (answer.ok ? 'ok' : answer.code)),
    ['UnauthorizedOperation', 'ok'],
  );
  assert.equal(ec2.instance.state, 'stopping');
  assert.equal(ec2.calls.find(({ action }) => action === 'StopInstances')?.params['InstanceId.1'], ID);
});

test('a throttled call is repeated by the SDK', async (t) => {
  const { ec2, api } = await start(t);
  ec2.fail('StopInstances', { status: 503, code: 'RequestLimitExceeded', times: 1 });
  const [answer] = await api.call([STOP], signal);
  assert.equal(answer?.ok, true);
  assert.equal(ec2.calls.length, 2);
});

test('no credentials, and no EC2 to reach, are answers with a code that says so', async (t) => {
  const none = await start(t, { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined });
  const away = await start(t, { AWS_ENDPOINT_URL_EC2: 'http://127.0.0.1:1' });
  const [[noCredentials], [refused]] = await Promise.all([
    none.api.call([STOP], signal),
    away.api.call([STOP], signal),
  ]);
  assert.equal(noCredentials?.ok === false && noCredentials.code, 'CredentialsProviderError');
  assert.equal(refused?.ok === false && refused.code, 'ECONNREFUSED');
  assert.deepEqual([...none.ec2.calls, ...away.ec2.calls], []);
});

test('an answer that is no XML is an error of that call', async (t) => {
  const { ec2, api } = await start(t);
  ec2.garble('StopInstances', 'not XML');
  const [answer] = await api.call([STOP], signal);
  assert.equal(answer?.ok, false);
});

test('an abort ends the process', async (t) => {
  const { ec2, api } = await start(t, { AWS_EXECUTION_ENV: 'aborted-by-a-test' });
  ec2.hang('StopInstances');
  const controller = new AbortController();
  const rejected = assert.rejects(api.call([STOP], controller.signal), failsWith(/not waited for any more/));
  await waitFor('the call', () => ec2.calls.length > 0);
  assert.equal(processesWithEnvironment('AWS_EXECUTION_ENV=aborted-by-a-test').length, 1);
  controller.abort();
  await rejected;
  assert.deepEqual(processesWithEnvironment('AWS_EXECUTION_ENV=aborted-by-a-test'), []);
});

test('the process gets what the SDK reads and nothing else of the environment', async () => {
  let given: CommandOptions | undefined;
  const run: CommandRunner = (_command, _args, options) => {
    given = options;
    return Promise.resolve({ exitCode: 0, stdout: '[{"ok":true,"value":1}]', stderr: '' });
  };
  const sdk = { AWS_REGION: 'x', PATH: '/bin', HOME: '/root', HTTPS_PROXY: 'p', no_proxy: 'n', SSL_CERT_FILE: 'c' };
  const environment = { ...sdk, SNOOZE_CONFIG: 'x', DATABASE_PASSWORD: 'secret', MY_AWS_KEY: 'x', NODE_OPTIONS: '-x' };
  await createEc2({ region: 'eu-west-1', environment, run }).call([STOP], signal);
  assert.deepEqual(given?.env, sdk);
  assert.deepEqual(JSON.parse(given?.input ?? ''), { region: 'eu-west-1', requests: [STOP] });
});

test('a process that fails is told with the line that says why', async () => {
  const stderr =
    "node:internal/modules\n    throw err;\n\nError: Cannot find module 'x'\n    at Function\n\nNode.js v26\n";
  await assert.rejects(
    ended({ exitCode: 1, stderr }).call([STOP], signal),
    failsWith(/ended with 1: .*find module 'x'$/),
  );
  await assert.rejects(ended({ exitCode: 9 }).call([STOP], signal), failsWith(/ended with 9: it said nothing$/));
});

for (const stdout of ['', 'nonsense', '{}', '[]', '[{"ok":true,"value":"cut']) {
  test(`the output ${JSON.stringify(stdout)} is no answer`, async () => {
    await assert.rejects(ended({ stdout }).call([STOP], signal), failsWith(/its answer is not understood: /));
  });
}

test('a process that does not end in time is a failed call to the cloud', async () => {
  const run: CommandRunner = () => Promise.reject(new SnoozeError('SNOOZE_E_COMMAND', 'node: it did not end'));
  const api = createEc2({ region: 'eu-west-1', environment: {}, run });
  await assert.rejects(api.call([STOP], signal), failsWith(/process that calls EC2 failed: node: it did not end$/));
});

test('the value of an answer is its value, or its error', () => {
  assert.equal(answerValue({ ok: true, value: 7 }, 'ec2:StopInstances'), 7);
  const refused = { ok: false, code: 'IncorrectInstanceState', message: 'not running' } as const;
  assert.throws(
    () => answerValue(refused, 'ec2:StopInstances'),
    failsWith(/^EC2 failed with IncorrectInstanceState at ec2:StopInstances: not running$/),
  );
  assert.throws(() => answerValue(undefined, 'ec2:StopInstances'), failsWith(/NoAnswer/));
});
