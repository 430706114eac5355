import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFakeClock } from '../../support/fake-clock.ts';
import { waitFor } from '../../support/wait-for.ts';
import { shellPlugin, startHost } from '../plugin-host.ts';

/** A plugin that answers HealthCheck with `answer`. */
const patient = (answer: string) =>
  shellPlugin('patient', `[ "$method" = HealthCheck ] && ${answer} || echo '{"id":'$id',"result":{}}'`, {
    health_interval_seconds: 0.05,
  });

test('a plugin that says it is degraded runs on and is shown so, until it is healthy again', async (t) => {
  const { host, history, directory } = await startHost(t, [
    patient(
      `{ [ -e "$HOME/well" ] && echo '{"id":'$id',"result":{"status":"ok"}}' || echo '{"id":'$id',"result":{"status":"degraded","message":"disk is slow"}}'; }`,
    ),
  ]);
  await waitFor('degraded', () => host.list()[0]?.degraded === 'disk is slow');
  assert.equal(host.list()[0]?.state, 'running');
  writeFileSync(join(directory, 'state', 'plugin-state', 'patient', 'well'), '');
  await waitFor('its recovery', () => host.list()[0]?.degraded === null);
  assert.deepEqual(
    history.map(({ summary }) => summary).filter((summary) => /degraded|healthy/.test(summary)),
    ['patient is degraded: disk is slow', 'patient is running: it is healthy again'],
  );
});

test('a plugin that says it has failed is started again', async (t) => {
  const { host, history } = await startHost(t, [
    patient(`echo '{"id":'$id',"result":{"status":"failed","message":"lost"}}'`),
  ]);
  await waitFor('the restart', () => (host.list()[0]?.restarts ?? 0) > 0);
  assert.ok(history.some(({ summary }) => summary === 'patient is failed: its HealthCheck failed: lost'));
});

test('a plugin that knows no HealthCheck is asked once and left in peace', async (t) => {
  const { host, lines } = await startHost(t, [
    patient(`{ echo '<6>asked' >&2; echo '{"id":'$id',"error":"unknown method"}'; }`),
  ]);
  await waitFor('the debug line', () => lines.some(({ message }) => message.includes('not asked for its health')));
  await waitFor('its own line', () => lines.some(({ message }) => message === 'asked'));
  assert.equal(lines.filter(({ message }) => message === 'asked').length, 1);
  assert.equal(host.list()[0]?.degraded, null);
});

test('a plugin that takes its time for a check, as it may, is not taken for one that is silent', async (t) => {
  const clock = createFakeClock();
  const slow = shellPlugin(
    'slow',
    `case $method in CheckIdle) touch "$HOME/asked"; while [ ! -e "$HOME/go" ]; do sleep 0.02; done;; esac
    echo '{"id":'$id',"result":{"is_idle":true,"reason":"at last","status":"ok"}}'`,
    { health_interval_seconds: 1, timeouts: { check_seconds: 60 } },
  );
  const { host, check, history, directory } = await startHost(t, [slow], { clock });
  const home = join(directory, 'state', 'plugin-state', 'slow');
  const answer = check();
  await waitFor('the question', () => existsSync(join(home, 'asked')));
  await clock.advance(50_000);
  assert.deepEqual([host.list()[0]?.degraded, host.list()[0]?.state], [null, 'running']);
  writeFileSync(join(home, 'go'), '');
  assert.equal((await answer)[0]?.reason, 'at last');
  assert.equal(
    history.some(({ summary }) => /degraded|failed/.test(summary)),
    false,
  );
});

test('a plugin that says something else of its health all the time has a few of it in the history and the log', async (t) => {
  const restless = shellPlugin(
    'restless',
    `count=$((count + 1)); echo '{"id":'$id',"result":{"status":"degraded","message":"call '$count'"}}'`,
    { health_interval_seconds: 0.005, capabilities: ['health_check'] },
  );
  const { host, history, lines } = await startHost(t, [restless]);
  await waitFor('its health', () => (host.measurements()[0]?.methods['HealthCheck']?.calls ?? 0) > 20);
  assert.match(host.list()[0]?.degraded ?? '', /^call \d+$/);
  const told = history.filter(({ summary }) => summary.includes('is degraded'));
  assert.equal(told.length, 10);
  assert.match(told.at(-1)?.summary ?? '', /call 11 \(its next changes in this minute are not told\)$/);
  assert.equal(lines.filter(({ message }) => message.startsWith('is degraded')).length, 10);
});
