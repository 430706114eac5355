import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { createLeases } from '../../../src/idle/leases.ts';
import { openForTest } from '../../store/open-for-test.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startHost } from '../plugin-host.ts';

/** Keeps a value, holds the host awake, logs, and tries what its manifest does not permit. */
const MODULE = `export const plugin = {
  async initialize({ host, config }) { await host.kv.set('mood', config.mood); },
  async checkIdle({ host }) {
    await host.inhibit('saving', 60);
    host.log('warn', 'careful');
    const { value } = await host.kv.get('mood');
    const missing = await host.kv.get('nothing');
    const refused = await host.files.list().catch(({ code }) => code);
    return { is_idle: missing === undefined, reason: value + ' ' + refused };
  },
};`;

for (const isolation of [undefined, 'worker']) {
  const where = isolation === undefined ? 'in process' : 'in a thread';
  test(`a native plugin ${where} has the services of the daemon that its manifest permits, and no other`, async (t) => {
    const store = openForTest(t);
    const leases = createLeases();
    const { check, lines, host } = await startHost(
      t,
      [
        {
          manifest: {
            name: 'served',
            type: 'native',
            module: 'served.mjs',
            ...(isolation && { isolation }),
            permissions: { host: ['Host.KV.*', 'Host.Inhibit', 'Host.Log'] },
            config_schema: { mood: { type: 'string', default: 'calm' } },
          },
          files: { 'served.mjs': MODULE },
        },
      ],
      { services: { keyValue: store.keyValue, leases, emit: async () => 'none' } },
    );
    const [result] = await check();
    assert.deepEqual([result?.verdict, result?.reason], ['idle', 'calm -32001']);
    assert.deepEqual(
      leases.active(systemClock.bootMs()).map(({ owner, reason }) => [owner, reason]),
      [['plugin served', 'saving']],
    );
    await waitFor('its log', () => lines.some(({ plugin, message }) => plugin === 'served' && message === 'careful'));
    assert.equal(host.list()[0]?.state, 'running');
  });
}
