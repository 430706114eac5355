import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import { type Clock, systemClock } from '../../src/clock.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { waitFor } from '../support/wait-for.ts';
import { idlePlugin, SPOT_EVENT, shellPlugin, startHost } from './plugin-host.ts';

const never = new AbortController().signal;
const HANDLES = { capabilities: ['check_idle', 'handle_event'], events: { [SPOT_EVENT.type]: {} } };
/** The folder that a plugin may write to, and where it is at home. */
const stateOf = (directory: string) => join(directory, 'state', 'plugin-state', 'saver');
const answer = (result: string) => `echo '{"id":'$id',"result":${result}}'`;

/** Handles an event as soon as there is a file `go` beside it; knows no Configure; `crash` is one; Shutdown ends it. */
const saver = shellPlugin(
  'saver',
  `cd; case $method in
    HandleEvent) touch begun; (while [ ! -e go ]; do sleep 0.02; done; ${answer('{"handled":true,"result":"saved"}')}) &;;
    Configure) echo '{"id":'$id',"error":"no"}';;
    CheckIdle) [ -e crash ] && rm crash && exit 9; ${answer('{"is_idle":true,"reason":"quiet"}')};;
    Shutdown) exit 0;;
    *) ${answer('{}')};;
  esac`,
  { ...HANDLES, concurrent: true },
);

test('an event for a plugin that waits for its restart starts it at once and is handled', async (t) => {
  // its time to wait never passes: nothing but the event starts it
  const { host, check, directory, history } = await startHost(t, [saver], { clock: createFakeClock() });
  writeFileSync(join(stateOf(directory), 'crash'), '');
  writeFileSync(join(stateOf(directory), 'go'), '');
  await check();
  assert.equal(host.list()[0]?.state, 'failed');
  const outcome = await host
    .handlers(SPOT_EVENT.type)[0]
    ?.handle({ ...SPOT_EVENT, data: { rehearsal: true } }, 20_000, never);
  assert.deepEqual(outcome, { handled: true, result: 'saved' });
  const told = history.filter(({ cause, summary }) => `${cause} ${summary}`.includes('waits for it'));
  assert.deepEqual(
    told.map(({ summary }) => summary),
    [`saver is loaded: ${SPOT_EVENT.type} (rehearsal) waits for it`],
  );
});

test('an event in flight ends before a reload starts its plugin again with another configuration', async (t) => {
  const { host, config, directory, check } = await startHost(t, [saver, idlePlugin('other')]);
  const { pid } = host.info('saver').summary;
  const handled = host.handlers(SPOT_EVENT.type)[0]?.handle(SPOT_EVENT, 20_000, never);
  await waitFor('the event to arrive', () => existsSync(join(stateOf(directory), 'begun')));
  config.plugins.plugin_configs['saver'] = { limit: 3 };
  const reloaded = host.reload();
  // What a reload sends has gone to the plugin long before the tenth answer.
  for (let round = 0; round < 10; round++) await check();
  writeFileSync(join(stateOf(directory), 'go'), '');
  assert.deepEqual(await handled, { handled: true, result: 'saved' });
  await reloaded;
  assert.equal(host.info('saver').summary.state, 'running');
  assert.notEqual(host.info('saver').summary.pid, pid);
});

test('an event in flight ends before its plugin is disabled', async (t) => {
  const { host, config, directory, check } = await startHost(t, [saver, idlePlugin('other')]);
  const handled = host.handlers(SPOT_EVENT.type)[0]?.handle(SPOT_EVENT, 20_000, never);
  await waitFor('the event to arrive', () => existsSync(join(stateOf(directory), 'begun')));
  delete config.plugins.plugin_configs['saver'];
  const reloaded = host.reload();
  for (let round = 0; round < 10; round++) await check();
  writeFileSync(join(stateOf(directory), 'go'), '');
  assert.deepEqual(await handled, { handled: true, result: 'saved' });
  await reloaded;
  assert.equal(host.list().find(({ instance }) => instance === 'saver')?.state, 'disabled');
});

test('an event that comes while its plugin is exchanged finds its handler, and a handler found before still works', async (t) => {
  const { host, config, directory } = await startHost(t, [saver]);
  writeFileSync(join(stateOf(directory), 'go'), '');
  const [before] = host.handlers(SPOT_EVENT.type);
  config.plugins.plugin_configs['saver'] = { limit: 3 };
  const reloaded = host.reload();
  let exchanged = false;
  const done = reloaded.then(() => {
    exchanged = true;
  });
  while (!exchanged) {
    assert.equal(host.handlers(SPOT_EVENT.type).length, 1);
    await immediate();
  }
  await done;
  assert.equal((await before?.handle(SPOT_EVENT, 20_000, never))?.handled, true);
});

test('a plugin that is exchanged misses no round: a check in flight is answered, and one that comes meanwhile waits', async (t) => {
  const slow = shellPlugin(
    'slow',
    `case $method in
      CheckIdle) (sleep 0.2; ${answer('{"is_idle":true,"reason":"quiet"}')}) &;;
      Configure) echo '{"id":'$id',"error":"no"}';;
      Shutdown) exit 0;;
      *) ${answer('{}')};;
    esac`,
    { concurrent: true },
  );
  const { host, config, check } = await startHost(t, [slow]);
  const pid = host.list()[0]?.pid;
  const inFlight = check();
  config.plugins.plugin_configs['slow'] = { limit: 3 };
  const reloaded = host.reload();
  const verdicts = [...(await inFlight), ...(await check())].map(({ verdict }) => verdict);
  await reloaded;
  assert.deepEqual(verdicts, ['idle', 'idle']);
  assert.notEqual(host.list()[0]?.pid, pid);
});

test('a handler whose plugin was disabled before its turn says so', async (t) => {
  const { host, config } = await startHost(t, [saver]);
  const [handler] = host.handlers(SPOT_EVENT.type);
  delete config.plugins.plugin_configs['saver'];
  await host.reload();
  await assert.rejects(async () => handler?.handle(SPOT_EVENT, 20_000, never), /saver .*disabled/);
});

test('checks that wait behind an event are no failures: the plugin at work is left alone', async (t) => {
  const { host, check, directory } = await startHost(t, [
    { ...saver, manifest: { ...saver.manifest, concurrent: false, timeouts: { check_seconds: 0.05 } } },
    idlePlugin('other'),
  ]);
  const pid = host.list()[0]?.pid;
  const handled = host.handlers(SPOT_EVENT.type)[0]?.handle(SPOT_EVENT, 20_000, never);
  await waitFor('the event to arrive', () => existsSync(join(stateOf(directory), 'begun')));
  for (let round = 0; round < 4; round++) {
    const [saving, other] = await check();
    assert.deepEqual([saving?.verdict, saving?.reason], ['busy', 'it handles cloud.spot.interrupt']);
    assert.equal(other?.verdict, 'idle');
  }
  writeFileSync(join(stateOf(directory), 'go'), '');
  assert.equal((await handled)?.handled, true);
  assert.deepEqual([host.list()[0]?.pid, host.list()[0]?.timeouts], [pid, 0]);
});

test('a stop leaves no timer behind: none of a backoff, none of an event that waits, none of a check', async (t) => {
  const clock = countingClock();
  const hung = shellPlugin('hung', `[ "$method" = CheckIdle ] || ${answer('{}')}`);
  const gone = shellPlugin('gone', '[ "$method" = CheckIdle ] && exit 3; exit 4', HANDLES);
  const { host, check } = await startHost(t, [saver, hung, gone], { clock });
  const outcomes = [
    check(),
    ...host.handlers(SPOT_EVENT.type).map((handler) => handler.handle(SPOT_EVENT, 60_000, never)),
  ];
  assert.ok(clock.waiting() > 0);
  const settled = Promise.allSettled(outcomes);
  await host.stop('the test', 400);
  await settled;
  assert.equal(clock.waiting(), 0);
});

/** The host's own time, and how many of its timers have not ended. */
function countingClock(): Clock & { waiting: () => number } {
  const open = new Set<object>();
  return {
    ...systemClock,
    after(delayMs, callback) {
      const timer = {};
      open.add(timer);
      const cancel = systemClock.after(delayMs, () => {
        open.delete(timer);
        callback();
      });
      return () => {
        open.delete(timer);
        cancel();
      };
    },
    waiting: () => open.size,
  };
}
