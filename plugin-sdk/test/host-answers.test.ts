/** What the daemon answers to plugins, and what it sends them, held to the protocol's vectors and schemas. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { systemClock } from '../../daemon/src/clock.ts';
import { createLeases } from '../../daemon/src/idle/leases.ts';
import { plainSpec } from '../../daemon/src/plugins/manifest/instance-spec.ts';
import { openCounter } from '../../daemon/src/plugins/services/counter.ts';
import { createRpcConnection } from '../../daemon/src/rpc/connection.ts';
import { shellPlugin, startHost } from '../../daemon/test/plugins/plugin-host.ts';
import { openForTest } from '../../daemon/test/store/open-for-test.ts';
import { waitFor } from '../../daemon/test/support/wait-for.ts';
import { type HostVector, readVectors } from './vectors.ts';

type Message = Record<string, unknown>;

describe('the host answers a plugin', () => {
  for (const { name, requirement, permitted, send, expect } of readVectors<HostVector>('host')) {
    it(`${requirement} ${name}`, async (test) => {
      const { tell, answers } = startDesk(test, permitted);
      for (const { waits, ...message } of send) {
        tell(message);
        const { id } = message;
        if (id !== undefined && waits !== true)
          await waitFor('its answer', () => answers.some((answer) => answer['id'] === id));
      }
      await waitFor('every answer', () => answers.length >= expect.length);
      assert.equal(answers.length, expect.length, JSON.stringify(answers));
      for (const expected of expect) {
        const found = answers.find(({ id }) => id === expected['id']);
        assert.partialDeepStrictEqual(found, { jsonrpc: '2.0', ...expected }, JSON.stringify(answers));
      }
    });
  }
});

/** The daemon's end of a connection to a plugin whose manifest permits so much, with real parts behind it. */
function startDesk(test: it.TestContext, permitted: string[]) {
  const { keyValue, directory } = openForTest(test);
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const counter = openCounter(
    { keyValue, leases: createLeases(), emit: async () => 'an-id' },
    { clock: systemClock, logOf: () => silent, folderOf: (instance) => join(directory, `${instance}.files`) },
  );
  const manifest = { name: 'p', version: '1.0.0', type: 'external', permissions: { host: permitted } } as const;
  const toHost = new PassThrough();
  const fromHost = new PassThrough();
  const connection = createRpcConnection(toHost, fromHost, {
    framing: 'lines',
    lenient: true,
    clock: systemClock,
    ...counter.deskFor(plainSpec(manifest, directory)),
  });
  test.after(() => connection.close());
  const answers: Message[] = [];
  fromHost.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n').filter(Boolean)) answers.push(JSON.parse(line) as Message);
  });
  return { answers, tell: (message: Message) => toHost.write(`${JSON.stringify(message)}\n`) };
}

describe('what the host sends', () => {
  const schema = JSON.parse(readFileSync(new URL('../protocol/messages.schema.json', import.meta.url), 'utf8'));
  const ajv = new Ajv({ strict: false, formats: { 'date-time': true } }).addSchema(schema);
  const { signal } = new AbortController();

  it('P-01 fits the schema of each method, with an integer id', async (test) => {
    const everything = shellPlugin(
      'everything',
      `echo "$line" >> "$HOME/received"
      case $method in
        Initialize) echo '{"id":'$id',"error":{"code":-32601,"message":"no"}}';;
        HandleEvent) echo '{"id":'$id',"result":{"handled":true}}';;
        Diagnose) echo '{"id":'$id',"result":{"status":"ok","findings":[]}}';;
        RunCommand) echo '{"id":'$id',"result":{"exit_code":0,"output":""}}';;
        *) echo '{"id":'$id',"result":{"is_idle":true,"reason":"x","status":"ok"}}';;
      esac`,
      { health_interval_seconds: 0.05, capabilities: ['check_idle', 'handle_event'] },
    );
    const { host, check, config, directory } = await startHost(test, [everything]);
    const received = () =>
      readFileSync(join(directory, 'state', 'plugin-state', 'everything', 'received'), 'utf8')
        .trim()
        .split('\n');
    await check();
    config.plugins.plugin_configs['everything'] = { events: { custom: { enabled: true } } };
    await host.reload();
    const event = { id: 'e', type: 'custom', source: 'test', timestamp: '2026-11-21T08:00:00.000Z', data: {} };
    await host.handlers('custom')[0]?.handle({ ...event, severity: 0, deadline: null }, 5_000, signal);
    await host.beforeSnooze({ reason: 'idle', idle_seconds: 1800, action: 'stop' }, signal);
    const moment = '2026-11-21T08:00:00.000Z';
    await host.afterResume({ stopped_at: moment, resumed_at: moment, reason: 'idle' });
    await host.diagnose('everything', ['memory'], signal);
    await host.runCommand('everything', { command: 'x', args: ['y'] }, signal);
    await host.details('everything');
    config.plugins.plugin_configs['everything'] = { limit: 3 };
    await host.reload();
    await waitFor('a look at its health', () => received().some((line) => line.includes('"HealthCheck"')));
    await host.stop('the test', 2_000);
    const messages = received().map((line) => JSON.parse(line) as Message);
    for (const { jsonrpc, id, method, params } of messages) {
      assert.deepEqual([jsonrpc, Number.isInteger(id)], ['2.0', true]);
      const valid = ajv.validate({ $ref: `${schema.$id}#/definitions/${method}.params` }, params);
      assert.ok(valid, `${method}: ${ajv.errorsText(ajv.errors)}`);
    }
    const sent = [...new Set(messages.map(({ method }) => String(method)))].toSorted();
    const own = Object.keys(schema.definitions).flatMap((name) => /^([A-Z]\w+)\.params$/.exec(name)?.[1] ?? []);
    assert.deepEqual(sent, own.filter((name) => name !== 'Host').toSorted());
  });
});
