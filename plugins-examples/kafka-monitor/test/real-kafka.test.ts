/** The monitor beside a real broker; what a broker only rarely says is in kafka-monitor.test.ts. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { checkIdle } from '../../test-support/host.ts';
import { type Kafka, missingKafka, PASSWORD, startRealKafka, USER } from '../../test-support/kafka.ts';
import { kafkaMonitor } from './kafka-monitor.ts';

describe('kafka-monitor beside a real Kafka', { skip: requires('go', 'openssl') || missingKafka }, () => {
  const { monitor, reasonOf } = kafkaMonitor();
  let kafka: Kafka;
  before(async () => {
    kafka = await startRealKafka();
    write(3);
  });
  after(() => kafka.stop());

  function write(messages: number): void {
    kafka.run('org.apache.kafka.tools.ConsoleProducer', ['--topic', 'orders'], 'a message\n'.repeat(messages));
  }

  it('is busy when messages were written, and while a group has not read them', async (test) => {
    const config = { broker: `127.0.0.1:${kafka.ports.plain}` };
    const plugin = await monitor(test, config);
    assert.equal(await reasonOf(plugin), 'busy: how much is written is known from the next check on');
    assert.equal(await reasonOf(plugin), 'idle: 0 messages since the last check, 0.0 a second, idle up to 0');
    write(2);
    assert.match(await reasonOf(plugin), /^busy: 2 messages since the last check/);
    const billing = await monitor(test, { ...config, groups: ['billing'] });
    const nothing = 'busy: group billing has committed nothing in these topics: is that its name?';
    // the first who asks after a group makes Kafka lay its book of groups
    await waitFor(nothing, async () => (await reasonOf(billing)) === nothing);
    const reading = ['--topic', 'orders', '--group', 'billing', '--from-beginning', '--max-messages', '4'];
    kafka.run('org.apache.kafka.tools.consumer.ConsoleConsumer', reading);
    assert.equal(await reasonOf(billing), 'busy: group billing is 1 messages behind, idle up to 0');
    assert.deepEqual((await plugin.request('Diagnose')).result, {
      status: 'ok',
      findings: [],
      metrics: { brokers: 1, partitions: 1 },
    });
  });

  it('gets in through TLS, and logs in in each of the three ways', async (test) => {
    const { ports, authority } = kafka;
    const encrypted = { tls: true, tls_ca: authority };
    const login = (sasl_mechanism: string) => ({ sasl_mechanism, sasl_user: USER, sasl_password: PASSWORD });
    for (const config of [
      { broker: `localhost:${ports.tls}`, ...encrypted },
      { broker: `127.0.0.1:${ports.tlsLogin}`, ...encrypted, ...login('PLAIN') },
      { broker: `127.0.0.1:${ports.tlsLogin}`, ...encrypted, ...login('SCRAM-SHA-256') },
      { broker: `127.0.0.1:${ports.login}`, ...login('SCRAM-SHA-512') },
    ])
      assert.match(await reasonOf(await monitor(test, config)), /^busy: how much is written/, JSON.stringify(config));
  });

  it('has no verdict where it is not let in or does not trust who answers, and says what to change', async (test) => {
    const { ports, authority, stranger } = kafka;
    const login = { sasl_mechanism: 'SCRAM-SHA-512', sasl_user: USER, sasl_password: 'nope' };
    const broker = (port: number) => `127.0.0.1:${port}`;
    const refused: [config: Record<string, unknown>, reason: RegExp][] = [
      [{ broker: broker(ports.tls), tls: true }, /signed by nobody whom this host trusts; tls_ca names a file/],
      [{ broker: broker(ports.tls), tls: true, tls_ca: stranger }, /signed by nobody whom this host trusts/],
      [{ broker: broker(ports.tls) }, /: it speaks TLS: set tls to true$/],
      [
        { broker: broker(ports.plain), tls: true, tls_ca: authority },
        /: it does not speak TLS there: set tls to false/,
      ],
      [{ broker: broker(ports.login) }, /: it closed the connection: does it want TLS or SASL\?/],
      [{ broker: broker(ports.login), ...login }, /: the login failed: .*invalid credentials/],
      [{ broker: broker(ports.login), ...login, sasl_mechanism: 'PLAIN' }, /: the login failed: .*Invalid username/],
    ];
    for (const [config, reason] of refused) {
      const { error } = await checkIdle(await monitor(test, { ...config, if_down: 'idle' }));
      assert.match(error?.message ?? '', reason, JSON.stringify(config));
      assert.doesNotMatch(error?.message ?? '', /nope/);
    }
  });
});
