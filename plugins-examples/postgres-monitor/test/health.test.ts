import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { callEach, type Finding } from '../../test-support/python.ts';

const directory = new URL('..', import.meta.url).pathname;
const GIB = 1024 ** 3;

/** A server with which nothing is wrong, but for what it tells here. */
function judge(...servers: Record<string, unknown>[]): Finding[][] {
  const fine = {
    ...{ fsync: 'on', connections: 1, max_connections: 100, blocked: 0, forgotten: 0, slow: 0 },
    ...{ lag_bytes: null, idle_slots: 0, archive_failed: false, bloated: null },
    ...{ blocks_hit: 0, blocks_read: 0, block_bytes: 8192, temp_bytes: 0, temp_files: 0 },
  };
  return callEach<Finding[]>(
    directory,
    'health.judge',
    servers.map((told) => [{ ...fine, ...told }]),
  );
}

describe('the health of a PostgreSQL server', { skip: requires('python3') }, () => {
  it('is worth a word where a replica is more than 64 MiB behind, or a slot keeps WAL for nobody', () => {
    const [behind, slot, ...fine] = judge({ lag_bytes: 67_108_865 }, { idle_slots: 2 }, { lag_bytes: 67_108_864 });
    const title = 'a replica is 67108865 bytes behind';
    assert.partialDeepStrictEqual(behind, [{ id: 'replica-behind', title, category: 'replication' }]);
    const kept = '2 replication slots keep WAL that nobody reads';
    assert.partialDeepStrictEqual(slot, [{ id: 'idle-slot', title: kept, category: 'replication' }]);
    assert.deepEqual([behind?.length, slot?.length, ...fine], [1, 1, []]);
  });

  it('is worth a word where a query runs long', () => {
    const [found, fine] = judge({ slow: 3 }, {});
    const title = '3 queries run for more than 5 minutes';
    assert.partialDeepStrictEqual(found, [{ id: 'slow-query', title, category: 'slow queries' }]);
    assert.deepEqual([found?.length, fine], [1, []]);
  });

  it('is worth a word where tables are full of dead rows', () => {
    const [found] = judge({ bloated: 'jobs, logs' });
    assert.deepEqual(found, [
      {
        id: 'bloat',
        category: 'fragmentation',
        severity: 'info',
        title: 'more than a fifth of the rows are dead in: jobs, logs',
        suggestion: 'VACUUM them',
      },
    ]);
  });

  it('is worth a word where of many blocks more than one in ten was not in memory', () => {
    const [found, ...fine] = judge(
      { blocks_read: 2_000_000, blocks_hit: 8_000_000 },
      { blocks_read: 2_000_000, blocks_hit: 18_000_000 },
      { blocks_read: 1_000_000, blocks_hit: 0 },
    );
    assert.deepEqual(found, [
      {
        id: 'small-buffer-cache',
        category: 'memory',
        severity: 'info',
        title: '20.0 % of blocks were not in the buffer cache',
        suggestion: 'raise shared_buffers',
      },
    ]);
    assert.deepEqual(fine, [[], []]);
  });

  it('is worth a word where queries write much to temporary files, for what they read', () => {
    const hundredGib = (100 * GIB) / 8192;
    const [found, ...fine] = judge(
      { temp_bytes: 1.5 * GIB, temp_files: 7, blocks_hit: hundredGib },
      { temp_bytes: 1.5 * GIB, temp_files: 7, blocks_hit: 2 * hundredGib },
      { temp_bytes: GIB, temp_files: 7 },
    );
    assert.deepEqual(found, [
      {
        id: 'temporary-files',
        category: 'memory',
        severity: 'info',
        title: 'sorts and joins wrote 1.5 GiB to 7 temporary files',
        suggestion: 'raise work_mem',
      },
    ]);
    assert.deepEqual(fine, [[], []]);
  });
});
