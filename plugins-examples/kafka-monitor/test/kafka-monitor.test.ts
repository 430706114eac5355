import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { initialize } from '../../test-support/host.ts';
import { freePort, listen } from '../../test-support/service.ts';
import { talk } from '../../test-support/talk.ts';
import { directory, kafkaMonitor } from './kafka-monitor.ts';
import { startKafka } from './kafka-server.ts';

describe('kafka-monitor', { skip: requires('go') }, () => {
  const { program, monitor, reasonOf } = kafkaMonitor();

  it('is busy when messages were written since the last check, and idle when not', async (test) => {
    const broker = await startKafka(test, { orders: [10, 20], 'job-1': [5] });
    const plugin = await monitor(test, { broker: broker.address });
    assert.equal(await reasonOf(plugin), 'busy: how much is written is known from the next check on');
    assert.match(await reasonOf(plugin), /^idle: 0 messages since the last check, 0\.0 a second, idle up to 0$/);
    broker.logs['orders'] = [10, 23];
    assert.match(await reasonOf(plugin), /^busy: 3 messages since the last check/);
    assert.match(await reasonOf(plugin), /^idle: 0 messages/);
  });

  it('counts only the topics that are meant, and so many messages as are allowed', async (test) => {
    const broker = await startKafka(test, { orders: [10], 'job-1': [5] });
    const jobs = await monitor(test, { broker: broker.address, topics: ['job-*'] });
    const all = await monitor(test, { broker: broker.address, max_messages_per_second: 1e9 });
    for (const plugin of [jobs, all]) await reasonOf(plugin);
    broker.logs['orders'] = [99];
    for (const plugin of [jobs, all]) assert.match(await reasonOf(plugin), /^idle/);
    broker.logs['job-1'] = [6];
    assert.match(await reasonOf(jobs), /^busy: 1 messages/);
  });

  it('is busy while a group is behind, in the partitions that it reads', async (test) => {
    const broker = await startKafka(test, { orders: [10, 20] });
    broker.groups['billing'] = { orders: [7, -1] };
    const config = { broker: broker.address, groups: ['billing'] };
    const plugin = await monitor(test, config);
    assert.equal(await reasonOf(plugin), 'busy: group billing is 3 messages behind, idle up to 0');
    await plugin.request('Configure', { config: { ...config, max_lag: 3 } });
    await reasonOf(plugin);
    assert.match(await reasonOf(plugin), /^idle/);
    broker.groups['billing'] = { orders: [10, 0] };
    assert.equal(await reasonOf(plugin), 'busy: group billing is 20 messages behind, idle up to 3');
  });

  it('counts what new partitions hold, and what was written into a topic that was made anew', async (test) => {
    const broker = await startKafka(test, { orders: [10] });
    const plugin = await monitor(test, { broker: broker.address });
    await reasonOf(plugin);
    broker.logs['clicks'] = [4];
    assert.match(await reasonOf(plugin), /^busy: 4 messages/);
    broker.logs['orders'] = [3];
    assert.match(await reasonOf(plugin), /^busy: 3 messages/);
    assert.match(await reasonOf(plugin), /^idle/);
  });

  it('has no verdict about topics that it may not see or nobody leads, nor about a group that is none', async (test) => {
    const broker = await startKafka(test, { orders: [10] });
    broker.groups['billing'] = { orders: [-1] };
    const refusals: [config: Record<string, unknown>, reason: string][] = [
      [{ topics: ['orders', 'clicks'] }, 'busy: there is no topic clicks, or this user may not describe it'],
      [{ topics: ['job-*'] }, 'busy: there is no topic job-*, or this user may describe none'],
      [{ groups: ['billing'] }, 'busy: group billing has committed nothing in these topics: is that its name?'],
    ];
    for (const [config, reason] of refusals)
      assert.equal(await reasonOf(await monitor(test, { broker: broker.address, ...config })), reason);
    broker.broken = { topic: 'orders', leaderless: true };
    assert.equal(await reasonOf(await monitor(test, { broker: broker.address })), 'busy: orders[0]: it has no leader');
  });

  it('refuses a login that lacks a part, and an authority that is none, without repeating the password', async (test) => {
    const plugin = talk(directory, { test, command: program });
    const login = { sasl_user: 'snooze', sasl_password: 'secret' };
    const refusals: [config: Record<string, unknown>, message: RegExp][] = [
      [login, /^sasl_user and sasl_password need a sasl_mechanism/],
      [{ sasl_mechanism: 'PLAIN', sasl_password: 'secret' }, /^sasl_mechanism PLAIN needs sasl_user/],
      [{ tls_ca: '/nowhere' }, /^tls_ca is of use only with tls: true$/],
      [{ tls: true, tls_ca: '/nowhere' }, /^tls_ca: open \/nowhere: no such file/],
      [{ tls: true, tls_ca: '/etc/hostname' }, /^tls_ca: \/etc\/hostname has no certificate in PEM format$/],
    ];
    for (const [config, message] of refusals) {
      const { error } = await initialize(plugin, config);
      assert.equal(error?.code, -32004);
      assert.match(error?.message ?? '', message);
      assert.doesNotMatch(error?.message ?? '', /secret/);
    }
  });

  it('finds partitions without a leader, and replicas that are behind', async (test) => {
    const broker = await startKafka(test, { orders: [10], clicks: [1] });
    const plugin = await monitor(test, { broker: broker.address });
    assert.partialDeepStrictEqual((await plugin.request('Diagnose')).result, {
      status: 'ok',
      findings: [],
      metrics: { brokers: 1, partitions: 2 },
    });
    broker.broken = { topic: 'orders', behind: true };
    assert.partialDeepStrictEqual((await plugin.request('Diagnose')).result, {
      status: 'degraded',
      findings: [{ id: 'under-replicated' }],
    });
    broker.broken = { topic: 'orders', leaderless: true };
    assert.partialDeepStrictEqual((await plugin.request('Diagnose')).result, {
      status: 'failed',
      findings: [{ id: 'no-leader' }],
    });
    for (const [category, count] of Object.entries({ replication: 1, memory: 0 })) {
      const { result } = await plugin.request('Diagnose', { categories: [category] });
      assert.equal((result?.['findings'] as object[] | undefined)?.length, count, category);
    }
  });

  it('has no verdict without a broker, unless it is told that this means idle', async (test) => {
    const broker = `127.0.0.1:${await freePort()}`;
    const plugin = await monitor(test, { broker });
    assert.equal(await reasonOf(plugin), `busy: Kafka at ${broker}: connection refused`);
    assert.equal((await plugin.request('Diagnose')).result?.['status'], 'failed');
    await plugin.request('Configure', { config: { broker, if_down: 'idle' } });
    assert.equal(await reasonOf(plugin), `idle: no Kafka runs at ${broker}`);
  });

  it('has no verdict where something else answers, nothing does, or the answer is cut off', async (test) => {
    const answers: [string, Buffer | undefined, RegExp][] = [
      ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /that is no Kafka/],
      ['a count that cannot be', Buffer.from('0000000c0000000170000000ffffffff', 'hex'), /that is no Kafka/],
      ['another id', Buffer.from('000000040000000a', 'hex'), /that is no Kafka/],
      ['the end', Buffer.alloc(0), /closed the connection: does it want TLS or SASL\?/],
      ['nothing', undefined, /: no answer in time$/],
    ];
    for (const [name, bytes, reason] of answers) {
      const server = createServer((socket) => {
        socket.on('error', () => {});
        test.after(() => socket.destroy());
        if (bytes) socket.once('data', () => socket.end(bytes));
      });
      test.after(() => server.close());
      const plugin = await monitor(test, { broker: `127.0.0.1:${await listen(server)}`, if_down: 'idle' });
      const context = bytes === undefined ? { deadline_ms: 400 } : {};
      const { error } = await plugin.request('CheckIdle', { metrics: {}, context });
      assert.match(error?.message ?? '', reason, name);
    }
  });

  it('answers what it does not know with an error, and ends when told', async (test) => {
    const plugin = await monitor(test, {});
    plugin.sendLine('\nnot json');
    assert.equal((await plugin.request('Levitate')).error?.code, -32601);
    assert.deepEqual((await plugin.request('Shutdown', { reason: 'test' })).result, {});
    assert.deepEqual(await plugin.exited, { code: 0, signal: null });
  });
});
