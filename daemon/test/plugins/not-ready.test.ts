import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../support/fake-clock.ts';
import { waitFor } from '../support/wait-for.ts';
import { SPOT_EVENT, shellPlugin, startHost } from './plugin-host.ts';

/** Answers one method with an error the first time, and everything else, and later, with `result`. */
const atFirst = (method: string, error: string, result: string, more: Record<string, unknown> = {}) =>
  shellPlugin(
    'mine',
    `if [ "$method" = ${method} ] && [ ! -e "$HOME/asked" ]; then
      touch "$HOME/asked"; echo '{"id":'$id',"error":${error}}'
    else echo '{"id":'$id',"result":${result}}'; fi`,
    more,
  );
const NOT_READY = '{"code":-32002,"message":"still loading"}';

test('a plugin that is not ready for an event has refused it where no time is left', async (t) => {
  const plugin = atFirst('HandleEvent', NOT_READY, '{"handled":true}', { events: { [SPOT_EVENT.type]: {} } });
  const { host } = await startHost(t, [plugin], { clock: createFakeClock() }); // or it might not even answer in time
  const [handler] = host.handlers(SPOT_EVENT.type);
  await assert.rejects(async () => await handler?.handle(SPOT_EVENT, 900, t.signal), /still loading/);
});

test('a plugin that is not ready for an event is asked again as long as there is time, and handles it', async (t) => {
  const plugin = atFirst('HandleEvent', NOT_READY, '{"handled":true}', { events: { [SPOT_EVENT.type]: {} } });
  const { host } = await startHost(t, [plugin]);
  const handled = await host.handlers(SPOT_EVENT.type)[0]?.handle(SPOT_EVENT, 60_000, t.signal);
  assert.deepEqual(handled, { handled: true, result: null });
  assert.equal(host.measurements()[0]?.methods['HandleEvent']?.calls, 2);
});

test('a plugin that is not ready to be initialized has not started, says why, and is tried again', async (t) => {
  const { host } = await startHost(t, [atFirst('Initialize', NOT_READY, '{}')]);
  const [first] = host.list();
  assert.deepEqual([first?.state, first?.last_error], ['failed', 'still loading']);
  await waitFor('its second try', () => host.list()[0]?.state === 'running');
});

test('a plugin that cannot tell its health now is degraded, and asked again', async (t) => {
  const { history } = await startHost(t, [
    atFirst('HealthCheck', NOT_READY, '{"status":"ok"}', { health_interval_seconds: 0.05 }),
  ]);
  const said = (text: string) => history.some(({ summary }) => summary === text);
  await waitFor('its health', () => said('mine is running: it is healthy again'));
  assert.ok(said('mine is degraded: still loading'));
});

test('what a plugin waited for in vain is counted as a timeout of it', async (t) => {
  const timedOut = '{"code":-32003,"message":"redis does not answer"}';
  const { host, check } = await startHost(t, [atFirst('CheckIdle', timedOut, '{"is_idle":true,"reason":"quiet"}')]);
  const [first] = await check();
  assert.deepEqual([first?.verdict, first?.reason], ['unknown', 'redis does not answer']);
  assert.deepEqual([host.list()[0]?.timeouts, (await check())[0]?.verdict], [1, 'idle']);
});

test('a plugin without Initialize that refuses its configuration has not started, and says why', async (t) => {
  const picky = shellPlugin(
    'picky',
    `case $method in
      Configure) echo '{"id":'$id',"error":{"code":-32004,"message":"no such port"}}';;
      *) echo '{"id":'$id',"error":"unknown method"}';;
    esac`,
  );
  const { host } = await startHost(t, [picky]);
  const [{ state, last_error, next_try } = {}] = host.list();
  assert.deepEqual([state, last_error, next_try], ['failed', 'no such port', null]);
});
