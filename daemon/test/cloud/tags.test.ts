import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Identity } from '../../src/cloud/provider.ts';
import { snoozeTags, type TagInputs } from '../../src/cloud/tags.ts';
import { configWith } from './config-with.ts';

const IDENTITY: Identity = {
  provider: 'aws',
  instanceId: 'i-0a',
  instanceType: 'm7g.large',
  region: 'eu-west-1',
  availabilityZone: null,
  accountId: null,
  lifecycle: null,
};

function tags(inputs: Partial<Omit<TagInputs, 'config'>> & { config?: Partial<TagInputs['config']> } = {}) {
  return snoozeTags({
    reason: 'idle for 30 min',
    wallMs: Date.UTC(2026, 10, 20, 8, 20, 0, 5),
    sample: { wallMs: 0, bootMs: 0, readings: {}, tookMs: {} },
    identity: IDENTITY,
    ...inputs,
    config: configWith({ detailed_instance_tags: false, ...inputs.config }),
  });
}

test('the plain tags say that it was stopped, when and why', () => {
  assert.deepEqual(tags(), {
    'CloudSnooze:Status': 'Stopped',
    'CloudSnooze:StopTimestamp': '2026-11-20T08:20:00.005Z',
    'CloudSnooze:StopReason': 'idle for 30 min',
  });
});

test('the detailed tags add what was measured, and leave out what was not', () => {
  const readings = {
    cpu: { status: 'measured', value: 3.06 },
    memory: { status: 'measured', value: 20 },
    network: { status: 'pending', reason: 'first sample' },
    disk: { status: 'measured', value: 0 },
    input: { status: 'absent', reason: 'nobody' },
  } as const;
  const config = { detailed_instance_tags: true, naptime_minutes: 2.5, tagging_prefix: 'Team' };
  const { 'Team:StopTimestamp': _time, ...rest } = tags({
    sample: { wallMs: 0, bootMs: 0, readings, tookMs: {} },
    config,
  });
  assert.deepEqual(rest, {
    'Team:Status': 'Stopped',
    'Team:StopReason': 'idle for 30 min',
    'Team:CPUPercent': '3.1',
    'Team:MemoryPercent': '20',
    'Team:DiskIOKBps': '0',
    'Team:NaptimeMinutes': '2.5',
    'Team:InstanceType': 'm7g.large',
    'Team:Region': 'eu-west-1',
  });
});

test('what the cloud did not tell is no tag', () => {
  const identity = { ...IDENTITY, instanceType: null, region: null };
  const names = Object.keys(tags({ identity, config: { detailed_instance_tags: true } }));
  assert.deepEqual(
    names.filter((name) => /InstanceType|Region/.test(name)),
    [],
  );
});

test('a long reason is cut to 256 characters, and no character is halved', () => {
  const reasonOf = (reason: string) => tags({ reason })['CloudSnooze:StopReason'] ?? '';
  assert.equal(reasonOf('x'.repeat(256)), 'x'.repeat(256));
  assert.equal(reasonOf('x'.repeat(257)), 'x'.repeat(256));
  assert.equal(reasonOf('😴'.repeat(300)), '😴'.repeat(256));
});

test('what no XML can carry is not in a tag', () => {
  assert.equal(tags({ reason: 'a\u0000\u0007b\nc \ud800 ' })['CloudSnooze:StopReason'], 'a b c \ufffd');
});
