import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpu, loadOf } from '../../../src/events/sources/cpu.ts';
import { startHostSource } from './source-world.ts';

test('a CPU that is busy for five minutes is an event, a peak is none', async (t) => {
  const { look, told } = startHostSource(t, cpu);
  const at = (value: number) => look({ cpu: { status: 'measured', value } });
  for (const value of [99, 99, 99, 50, 99, 99, 99, 99, 99, 99]) await at(value);
  assert.deepEqual(told(), ['notice system.cpu.high:cpu']);
  for (const value of [90, 90, 90, 90, 90, 90, 90]) await at(value);
  assert.equal(told().length, 1, 'still near the edge');
  for (const value of [10, 10, 10, 10, 10, 10, 10]) await at(value);
  assert.deepEqual(told(), ['notice system.cpu.high:cpu', 'ended system.cpu.high:cpu']);
});

test('a CPU that is not measured is not watched, and that is said', async (t) => {
  const { look, health } = startHostSource(t, cpu);
  await look({ cpu: { status: 'pending', reason: 'the first sample' } });
  assert.deepEqual([health().status, health().message], ['failing', 'the first sample']);
  await look({});
  assert.equal(health().message, 'the cpu monitor is turned off');
});

test('load is watched where the CPU is not', async (t) => {
  const { look, told } = startHostSource(t, cpu, { cpu: { load_per_cpu: 1, hold_seconds: 0 } });
  await look({ load: { status: 'measured', value: 100_000 } });
  assert.deepEqual(told(), ['notice system.cpu.high:load']);
});

test('load counts for each CPU', () => {
  assert.deepEqual([loadOf(8, 2, 4).level, loadOf(7.9, 2, 4).level, loadOf(6, 2, 4).level], ['bad', 'between', 'good']);
});
