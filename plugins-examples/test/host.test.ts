/** The examples as the daemon runs them: through its own plugin host. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { systemClock } from '../../daemon/src/clock.ts';
import { loadConfig } from '../../daemon/src/config/load.ts';
import type { SnoozeEvent } from '../../daemon/src/events/event.ts';
import type { PluginHost } from '../../daemon/src/plugins/host.ts';
import { createPluginHost } from '../../daemon/src/plugins/manager.ts';
import { requires } from '../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../daemon/test/support/temporary-directory.ts';
import { QUIET_METRICS } from '../test-support/host.ts';
import { freePort, listen, startHttp } from '../test-support/service.ts';

const examples = new URL('..', import.meta.url).pathname;
const context = { check_interval_seconds: 60, naptime_seconds: 1800, state: 'active' };

/** A host over copies of the examples, started, with one instance of each that is configured. */
async function startExamples(test: it.TestContext, configs: Record<string, Record<string, unknown>>) {
  const directory = temporaryDirectory(test);
  for (const name of readdirSync(examples).filter((entry) => existsSync(join(examples, entry, 'plugin.json'))))
    cpSync(join(examples, name), join(directory, 'plugins', name), { recursive: true });
  const { config } = loadConfig({ file: join(directory, 'none'), fileRequired: false, environment: {}, flags: {} });
  Object.assign(config.plugins.plugin_configs, configs);
  if ('process-watch' in configs) buildProcessWatch(join(directory, 'plugins/process-watch'));
  const messages: string[] = [];
  const write = (_fields: object, message: string) => void messages.push(message);
  const host = createPluginHost({
    config: () => config,
    searchPath: () => [join(directory, 'plugins')],
    stateDirectory: join(directory, 'state'),
    environment: process.env,
    clock: systemClock,
    log: { debug() {}, info() {}, warn: write, error: write },
    history: { add() {}, list: () => [] },
  });
  test.after(() => host.stop('the test is over', 5000));
  await host.start();
  return { host, directory, messages };
}

function buildProcessWatch(directory: string): void {
  const env = { ...process.env, GOTOOLCHAIN: 'local', GOPROXY: 'off' };
  const { status, stderr } = spawnSync('go', ['build', '-o', 'process-watch', '.'], { cwd: directory, env });
  assert.equal(status, 0, String(stderr));
}

async function verdicts(host: PluginHost): Promise<Record<string, string>> {
  const results = await host.checkAll(QUIET_METRICS, context, { waitMs: 60_000, signal: new AbortController().signal });
  return Object.fromEntries(results.map(({ name, verdict, reason }) => [name, `${verdict}: ${reason}`]));
}

describe('the examples in the daemon', { skip: requires('python3', 'go', 'psql') }, () => {
  it('give their verdicts, together', async (test) => {
    const keepAwake = join(temporaryDirectory(test), 'keep-awake');
    const { host, messages } = await startExamples(test, {
      'redis-monitor': { redis_url: 'unix:///nowhere/no-such-redis.sock', if_down: 'idle' },
      'jupyter-monitor': { url: 'http://127.0.0.1:1', if_down: 'idle' },
      'postgres-monitor': { url: 'postgresql://127.0.0.1:1/postgres', if_down: 'idle' },
      'process-watch': { names: ['no-such-program'] },
      'ssh-guard': { port: 1 },
      'keep-awake-file': { paths: [keepAwake] },
    });
    assert.deepEqual(await verdicts(host), {
      'redis-monitor': 'idle: no Redis runs at /nowhere/no-such-redis.sock',
      'jupyter-monitor': 'idle: no Jupyter server runs at http://127.0.0.1:1',
      'postgres-monitor': 'idle: no PostgreSQL runs there',
      'process-watch': 'idle: none of the watched programs runs',
      'ssh-guard': 'idle: nobody is connected over SSH',
      'keep-awake-file': `idle: there is no ${keepAwake}`,
    });
    writeFileSync(keepAwake, 'a reason');
    assert.equal((await verdicts(host))['keep-awake-file'], `busy: ${keepAwake}: a reason`);
    assert.deepEqual(messages, []);
    assert.ok(host.list().every(({ restarts, last_error }) => restarts === 0 && last_error === null));
  });

  it('see through their sandbox what their permissions ask for', async (test) => {
    const folder = temporaryDirectory(test);
    const socket = join(folder, 'docker.sock');
    await startHttp(test, (_, response) => response.end('[]'), socket);
    const day = new Date(QUIET_METRICS.timestamp * 1000).toISOString().slice(0, 10).replaceAll('-', '');
    const calendar = join(folder, 'team.ics');
    const event = ['BEGIN:VEVENT', 'SUMMARY:Course', `DTSTART;VALUE=DATE:${day}`, 'END:VEVENT'];
    writeFileSync(calendar, ['BEGIN:VCALENDAR', ...event, 'END:VCALENDAR'].join('\n'));
    const server = createServer();
    const port = await listen(server);
    const client = connect(port, '127.0.0.1');
    const [accepted] = (await once(server, 'connection')) as [Socket];
    test.after(() => {
      for (const each of [client, accepted]) each.destroy();
      server.close();
    });
    const { host, messages } = await startExamples(test, {
      'docker-monitor': { socket },
      'calendar-guard': { calendar },
      'log-activity': { paths: [folder] },
      'port-watch': { ports: [port] },
      'tmux-monitor': { users: ['nobody-at-all'] },
      'http-probe': { url: `http://127.0.0.1:${await freePort()}/`, if_down: 'idle' },
    });
    writeFileSync(join(folder, 'job.log'), '');
    const found = await verdicts(host);
    assert.match(found['calendar-guard'] ?? '', /^busy: Course until /);
    assert.match(found['http-probe'] ?? '', /^idle: nothing listens at /);
    assert.deepEqual(
      ['docker-monitor', 'log-activity', 'port-watch', 'tmux-monitor'].map((name) => found[name]),
      [
        'idle: no container runs that counts',
        `busy: ${folder}/job.log has grown 0 min ago, idle after 10`,
        `busy: 1 connection on port ${port}; idle up to 0`,
        'idle: no tmux runs',
      ],
    );
    assert.deepEqual(messages, []);
  });

  it('never call a server idle whose socket was made after they were started, and which their sandbox does not show', async (test) => {
    const folder = temporaryDirectory(test);
    const port = await freePort(); // a name that no other socket has
    const paths = [`docker-${port}.sock`, `redis-${port}.sock`, `mysql-${port}.sock`, `.s.PGSQL.${port}`];
    const [docker = '', redis, mysql] = paths.map((name) => join(folder, name));
    const { host } = await startExamples(test, {
      'docker-monitor': { socket: docker, if_down: 'idle' },
      'redis-monitor': { redis_url: `unix://${redis}`, if_down: 'idle' },
      'mysql-monitor': { dsn: `snooze@unix(${mysql})/`, if_down: 'idle' },
      'postgres-monitor': { url: `postgresql:///postgres?host=${folder}&port=${port}`, if_down: 'idle' },
    });
    for (const reason of Object.values(await verdicts(host))) assert.match(reason, /^idle: no /);
    for (const name of paths) {
      const server = createServer((socket) => socket.destroy()).listen(join(folder, name));
      test.after(() => server.close());
      await once(server, 'listening');
    }
    for (const reason of Object.values(await verdicts(host))) assert.match(reason, /^unknown: /);
  });

  it('never call a log idle that was rotated, and of which their sandbox shows the old file', async (test) => {
    const path = join(temporaryDirectory(test), 'a job.log');
    writeFileSync(path, 'old\n');
    utimesSync(path, 1e9, 1e9);
    const { host } = await startExamples(test, { 'log-activity': { paths: [path] } });
    assert.match((await verdicts(host))['log-activity'] ?? '', /^idle: /);
    renameSync(path, `${path}.1`);
    writeFileSync(path, 'new\n');
    assert.match((await verdicts(host))['log-activity'] ?? '', /^(unknown: .* was renamed or removed|busy)/);
  });

  it('save work on a spot interruption', async (test) => {
    const { host } = await startExamples(test, { 'spot-checkpoint': { script: 'echo saved $SNOOZE_EVENT_ID' } });
    const [handler] = host.handlers('cloud.spot.interrupt');
    assert.ok(handler);
    assert.deepEqual([handler.name, handler.priority, handler.mode], ['spot-checkpoint', 100, 'handle']);
    const event: SnoozeEvent = {
      id: 'event-1',
      type: 'cloud.spot.interrupt',
      source: 'test',
      timestamp: new Date().toISOString(),
      data: {},
      severity: 3,
      deadline: new Date(Date.now() + 120_000).toISOString(),
    };
    const outcome = await handler.handle(event, 60_000, new AbortController().signal);
    assert.partialDeepStrictEqual(outcome, {
      handled: true,
      result: { status: 'succeeded', output: ['saved event-1'] },
    });
  });

  it('are refused by name where the configuration does not fit', async (test) => {
    const { host } = await startExamples(test, { 'spot-checkpoint': {}, 'ssh-guard': { port: 'ssh' } });
    const errors = Object.fromEntries(host.list().map(({ instance, last_error }) => [instance, last_error]));
    assert.match(errors['spot-checkpoint'] ?? '', /spot-checkpoint.*script/);
    assert.match(errors['ssh-guard'] ?? '', /ssh-guard\.port/);
  });
});
