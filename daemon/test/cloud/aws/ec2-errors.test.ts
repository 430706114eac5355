import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ec2Error, isDenied, isRefusedToCaller } from '../../../src/cloud/aws/ec2-errors.ts';

const errorOf = (code: string, message = 'the reason') => ec2Error({ code, message }, 'ec2:StopInstances');

for (const code of ['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException']) {
  test(`${code} names the permission and where it is written down`, () => {
    const error = errorOf(code);
    assert.equal(error.code, 'SNOOZE_E_CLOUD_DENIED');
    assert.equal(error.message, 'EC2 denies ec2:StopInstances: the reason');
    assert.match(error.hint ?? '', /permission ec2:StopInstances \(packaging\/iam\/policy\.json/);
    assert.ok(isDenied(code) && isRefusedToCaller(code));
  });
}

test('missing credentials say what to attach', () => {
  const error = errorOf('CredentialsProviderError', 'Could not load credentials from any providers');
  assert.equal(error.code, 'SNOOZE_E_CLOUD_DENIED');
  assert.equal(error.message, 'there are no AWS credentials for ec2:StopInstances');
  assert.match(error.hint ?? '', /attach an instance profile/);
});

for (const code of ['AuthFailure', 'ExpiredToken', 'RequestExpired']) {
  test(`${code} is about the credentials, not about a permission`, () => {
    const error = errorOf(code);
    assert.equal(error.code, 'SNOOZE_E_CLOUD_DENIED');
    assert.match(error.message, new RegExp(`does not accept the credentials \\(${code}\\): the reason`));
    assert.ok(!isDenied(code) && isRefusedToCaller(code));
  });
}

test('every other code is a failure with that code', () => {
  for (const code of ['IncorrectInstanceState', 'RequestLimitExceeded', 'TimeoutError', 'ECONNREFUSED']) {
    const error = errorOf(code);
    assert.equal(error.code, 'SNOOZE_E_CLOUD_FAILED');
    assert.equal(error.message, `EC2 failed with ${code} at ec2:StopInstances: the reason`);
    assert.equal(isRefusedToCaller(code), false);
  }
});

test('what only a program could read is left out, and silence is said', () => {
  const blob = 'You may not. Encoded authorization failure message: aB3-aB3-aB3';
  assert.equal(errorOf('UnauthorizedOperation', blob).message, 'EC2 denies ec2:StopInstances: You may not.');
  const parse = 'unexpected content. Deserialization error: to see the raw response, inspect …';
  assert.match(errorOf('Error', parse).message, /: unexpected content\.$/);
  assert.match(errorOf('Error', '').message, /: it gave no reason$/);
});
