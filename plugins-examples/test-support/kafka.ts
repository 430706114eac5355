import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates } from './certificates.ts';
import { freePort, startService } from './service.ts';

const jars = new URL('../../node_modules/.cache/kafka/', import.meta.url).pathname;
/** A test's broker need not be quick, but soon there. */
const JAVA = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', join(jars, '*')];
const SCRAM = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];

export const USER = 'snooze';
export const PASSWORD = 'p@ssw=rd';

/** For a test's `skip`. */
export const missingKafka =
  (spawnSync('java', ['-version']).status !== 0 && 'needs java, not on this machine') ||
  (globSync(join(jars, 'kafka_*.jar')).length === 0 && 'needs the jars of Kafka, which .ci/run fetches');

/** A real broker: the ports of its listeners, and what they are proved with. */
export type Kafka = {
  ports: { plain: number; tls: number; login: number; tlsLogin: number };
  /** A PEM file that vouches for it, and one that does not. */
  authority: string;
  stranger: string;
  /** Runs one of Kafka's own programs against it. */
  run(program: string, args: string[], input?: string): void;
  stop(): Promise<void>;
};

/** Starts a broker that keeps its own quorum, with a listener of each kind. */
export async function startRealKafka(): Promise<Kafka> {
  const folder = mkdtempSync(join(tmpdir(), 'snooze-kafka-'));
  const { authority, stranger, key, certificate } = makeCertificates(folder);
  writeFileSync(join(folder, 'keystore.pem'), readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'));
  for (;;) {
    const [plain, tls, login, tlsLogin, controller] = await Promise.all(Array.from({ length: 5 }, freePort));
    assert.ok(plain && tls && login && tlsLogin && controller);
    const ports = { plain, tls, login, tlsLogin };
    const settings = join(folder, `server-${plain}.properties`);
    writeFileSync(settings, properties(folder, ports, controller));
    const users = SCRAM.flatMap((each) => ['--add-scram', `${each}=[name=${USER},password=${PASSWORD}]`]);
    const format = ['format', '-t', 'AAAAAAAAAAAAAAAAAAAAAA', '-c', settings, ...users];
    runJava('kafka.tools.StorageTool', format);
    const server = await startService(
      ['java', ...JAVA, 'kafka.Kafka', settings],
      (output) => output.includes('Kafka Server started'),
      { cwd: folder },
    );
    if (!server) continue; // a port was taken in between
    return {
      ports,
      authority,
      stranger,
      run: (program, args, input) => runJava(program, ['--bootstrap-server', `127.0.0.1:${plain}`, ...args], input),
      async stop() {
        await server.stop();
        rmSync(folder, { recursive: true });
      },
    };
  }
}

function runJava(program: string, args: string[], input = ''): void {
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
  const { status, stdout, stderr } = spawnSync('java', [quiet, ...JAVA, program, ...args], { input, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
}

function properties(folder: string, ports: Kafka['ports'], controller: number): string {
  const listeners = { PLAINTEXT: ports.plain, SSL: ports.tls, SASL_PLAINTEXT: ports.login, SASL_SSL: ports.tlsLogin };
  const all = Object.entries({ ...listeners, CONTROLLER: controller });
  const logins = ['sasl_plaintext', 'sasl_ssl'].flatMap((listener) => [
    `listener.name.${listener}.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`,
    ...SCRAM.map(
      (each) =>
        `listener.name.${listener}.${each.toLowerCase()}.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;`,
    ),
  ]);
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    `listeners=${all.map(([name, port]) => `${name}://127.0.0.1:${port}`).join()}`,
    `listener.security.protocol.map=${[...Object.keys(listeners).map((each) => `${each}:${each}`), 'CONTROLLER:PLAINTEXT'].join()}`,
    `log.dirs=${join(folder, `data-${ports.plain}`)}`,
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=1',
    'group.initial.rebalance.delay.ms=0',
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${join(folder, 'keystore.pem')}`,
    `sasl.enabled.mechanisms=${['PLAIN', ...SCRAM].join()}`,
    ...logins,
  ].join('\n');
}
