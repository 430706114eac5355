import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { callEach, type Finding } from '../../test-support/python.ts';

const directory = new URL('..', import.meta.url).pathname;

describe('the health of a Redis server', { skip: requires('python3') }, () => {
  it('is worth a word where much memory is held and more than half as much again as the data needs', () => {
    const info = (ratio: string, used: number) => [
      { mem_fragmentation_ratio: ratio, used_memory: String(used) },
      true,
      0,
    ];
    const cases = [info('1.73', 67_108_865), info('1.5', 67_108_865), info('9.1', 67_108_864)];
    const [found, ...fine] = callEach<Finding[]>(directory, 'usage.find_faults', cases);
    assert.deepEqual(found, [
      {
        id: 'fragmented',
        category: 'memory',
        severity: 'warning',
        title: 'the memory is fragmented: the process holds 1.73 times what the data needs',
        suggestion: 'set `activedefrag yes`, or restart it when it is idle',
      },
    ]);
    assert.deepEqual(fine, [[], []]);
  });
});
