import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const policy = JSON.parse(read('packaging/iam/policy.json')) as {
  Version: string;
  Statement: {
    Effect: string;
    Action: string[];
    Resource: string;
    Condition?: Record<string, Record<string, string>>;
  }[];
};

test('the policy allows exactly the calls that are made', () => {
  const operations = (file: string) =>
    [...read(file).matchAll(/\| \{ operation: '(\w+)'/g)].map(([, name]) => name ?? '');
  const called = [
    ...operations('daemon/src/cloud/aws/ec2.ts').map((name) => `ec2:${name}`),
    ...operations('daemon/src/cloud/aws/queue.ts').map(
      (name) => `${/Lifecycle/.test(name) ? 'autoscaling' : 'sqs'}:${name}`,
    ),
  ];
  const allowed = policy.Statement.flatMap(({ Action }) => Action);
  assert.deepEqual(allowed.toSorted(), called.toSorted());
});

test('what changes something is limited to instances and groups that are marked for it, and to queues by their name', () => {
  for (const { Effect, Action, Resource, Condition } of policy.Statement) {
    assert.equal(Effect, 'Allow');
    if (Action.every((name) => name.startsWith('ec2:Describe'))) continue;
    if (Action.every((name) => name.startsWith('sqs:'))) {
      assert.equal(Resource, 'arn:aws:sqs:*:*:cloudsnooze*');
      continue;
    }
    assert.match(Resource, /^arn:aws:(ec2:\*:\*:instance\/\*|autoscaling:\*:\*:autoScalingGroup:.*)$/);
    assert.equal(Condition?.['StringEquals']?.['aws:ResourceTag/CloudSnooze'], 'managed');
  }
});

test('the tag that marks an instance cannot be set by the instance', () => {
  const tagging = policy.Statement.find(({ Action }) => Action.includes('ec2:CreateTags'));
  assert.equal(tagging?.Condition?.['ForAllValues:StringLike']?.['aws:TagKeys'], 'CloudSnooze:*');
});
