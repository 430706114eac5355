import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { callEach, type Finding } from '../../test-support/python.ts';

const directory = new URL('..', import.meta.url).pathname;
const MIB = 1024 * 1024;

/** What a server says; without anything it is one with which nothing is wrong. */
type Told = { status?: object; behind?: string; slow?: number; tables?: [number, number, string][]; hidden?: boolean };

function judge(...servers: Told[]): Finding[][] {
  const fine = { max_connections: '100', innodb_flush_log_at_trx_commit: '1', innodb_file_per_table: 'ON' };
  const cases = servers.map(({ status, behind = '', slow = 0, tables = [], hidden = false }) => {
    return [{ ...fine, ...status }, behind, 0, slow, tables, hidden];
  });
  return callEach<Finding[]>(directory, 'health.judge', cases);
}

describe('the health of a MySQL server', { skip: requires('python3') }, () => {
  it('is bad where replication has stopped, and worth a word where it is more than a minute behind', () => {
    const [stopped, behind, ...fine] = judge({ behind: 'NULL' }, { behind: '61' }, { behind: '60' }, { behind: '' });
    assert.partialDeepStrictEqual(stopped, [{ id: 'replica-stopped', severity: 'critical', category: 'replication' }]);
    const title = 'this replica is 61 s behind';
    assert.partialDeepStrictEqual(behind, [{ id: 'replica-behind', title, category: 'replication' }]);
    assert.deepEqual([stopped?.length, behind?.length, ...fine], [1, 1, [], []]);
  });

  it('is worth a word where a query runs long, or of many queries more than one in a hundred is slow', () => {
    const [running, many, ...fine] = judge(
      { slow: 2 },
      { status: { Questions: '2000', Slow_queries: '21' } },
      { status: { Questions: '2000', Slow_queries: '20' } },
      { status: { Questions: '1000', Slow_queries: '900' } },
    );
    const title = '2 queries run for more than 5 minutes';
    assert.partialDeepStrictEqual(running, [{ id: 'slow-query', title, category: 'slow queries' }]);
    assert.partialDeepStrictEqual(many, [{ id: 'many-slow-queries', severity: 'info', category: 'slow queries' }]);
    assert.deepEqual([running?.length, many?.length, ...fine], [1, 1, [], []]);
  });

  it('is worth a word where a large table keeps much of its space free', () => {
    const tables: [number, number, string][] = [
      [1000 * MIB, 800 * MIB, 'work.jobs'],
      [1000 * MIB, 300 * MIB, 'work.dense'],
      [100 * MIB, 99 * MIB, 'work.little'],
      [101 * MIB, 31 * MIB, 'work.logs'],
    ];
    const [found, ...fine] = judge(
      { tables },
      { tables: tables.slice(1, 3) },
      { tables, status: { innodb_file_per_table: 'OFF' } },
    );
    assert.deepEqual(found, [
      {
        id: 'fragmented',
        category: 'fragmentation',
        severity: 'info',
        title: 'more than 30 % of the space is free in: work.jobs (800 of 1000 MiB), work.logs (31 of 101 MiB)',
        suggestion: 'OPTIMIZE TABLE while nobody works: it writes the table anew',
      },
    ]);
    assert.deepEqual(fine, [[], []]);
  });

  it('is not claimed to be good where the tables are hidden from its user', () => {
    const [found] = judge({ hidden: true });
    assert.partialDeepStrictEqual(found, [{ id: 'tables-hidden', category: 'fragmentation' }]);
    assert.match(found?.[0]?.suggestion ?? '', /^GRANT SHOW VIEW ON /);
  });
});
