import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { checkIdle, initialize } from '../../test-support/host.ts';
import { startHttp } from '../../test-support/service.ts';
import { type Talk, talk } from '../../test-support/talk.ts';

const directory = new URL('..', import.meta.url).pathname;

type Container = {
  Id: string;
  Names: string[];
  State: string;
  Status?: string;
  Labels?: Record<string, string>;
  /** How much of one core it uses; undefined where the Engine cannot tell. */
  percent?: number;
};

/** An Engine with these containers, by whose clock it counts a microsecond later each time. */
async function engine(test: it.TestContext, containers: Container[]): Promise<string> {
  const socket = join(temporaryDirectory(test), 'docker.sock');
  let microseconds = 0;
  await startHttp(
    test,
    (request, response) => {
      const [, id] = /^\/containers\/(\w+)\/stats\?stream=false&one-shot=true$/.exec(request.url ?? '') ?? [];
      const container = containers.find((each) => each.Id === id);
      if (container) {
        microseconds += 1;
        const read = `2026-01-01T00:00:00.${String(microseconds).padStart(6, '0')}789Z`;
        const total_usage = container.percent === undefined ? 0 : 1e9 + container.percent * 10 * microseconds;
        response.end(JSON.stringify({ read, cpu_stats: { cpu_usage: { total_usage } } }));
      } else if (request.url?.startsWith('/containers/json')) {
        const all = request.url.includes('all=true');
        response.end(JSON.stringify(containers.filter(({ State }) => all || State === 'running')));
      } else {
        response.statusCode = 404;
        response.end('{"message":"page not found"}');
      }
    },
    socket,
  );
  return socket;
}

async function monitor(test: it.TestContext, config: Record<string, unknown>): Promise<Talk> {
  const plugin = talk(directory, { test });
  assert.equal((await initialize(plugin, config)).error, undefined);
  return plugin;
}

const web = { Id: 'aa11', Names: ['/web'], State: 'running', percent: 0 };
const job = { Id: 'bb22', Names: ['/job-1'], State: 'running', percent: 0 };

describe('docker-monitor', { skip: requires('python3') }, () => {
  it('is busy while a container uses the CPU, from its second sight on, and idle after', async (test) => {
    const containers: Container[] = [web, { ...job, percent: 150 }];
    const plugin = await monitor(test, { socket: await engine(test, containers) });
    const first = (await checkIdle(plugin)).result;
    assert.partialDeepStrictEqual(first, {
      is_idle: false,
      reason: 'web is new, its CPU known from the next check on',
    });
    assert.deepEqual((await checkIdle(plugin)).result, {
      is_idle: false,
      reason: 'job-1 uses 150 % CPU, idle up to 5 %',
      details: { containers: 2, cpu_percent: { web: 0, 'job-1': 150 } },
    });
    containers[1] = { ...job, percent: 5 };
    const restarted = (await checkIdle(plugin)).result;
    assert.equal(restarted?.['reason'], 'job-1 is new, its CPU known from the next check on');
    assert.equal((await checkIdle(plugin)).result?.['reason'], '2 containers running, none over 5 % CPU');
    containers.length = 0;
    assert.equal((await checkIdle(plugin)).result?.['reason'], 'no container runs that counts');
  });

  it('has no verdict where the Engine cannot tell what a container uses', async (test) => {
    const socket = await engine(test, [{ Id: 'bb22', Names: ['/job-1'], State: 'running' }]);
    const plugin = await monitor(test, { socket });
    assert.match((await checkIdle(plugin)).error?.message ?? '', /does not tell how much CPU bb22 uses/);
  });

  it('can count every container that runs, but for those that are ignored', async (test) => {
    const labelled = { ...web, Labels: { 'cloudsnooze.ignore': 'true' } };
    const socket = await engine(test, [labelled, job, { ...web, Id: 'cc', State: 'exited' }]);
    const plugin = await monitor(test, { socket, min_cpu_percent: 0 });
    assert.equal((await checkIdle(plugin)).result?.['reason'], '1 container running: job-1');
    await plugin.request('Configure', { config: { socket, min_cpu_percent: 0, ignore: ['job-*'] } });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
  });

  it('finds what is wrong with containers', async (test) => {
    const socket = await engine(test, [
      { ...web, State: 'restarting' },
      { ...job, Status: 'Up 2 hours (unhealthy)' },
    ]);
    const { result } = await (await monitor(test, { socket })).request('Diagnose');
    const ids = ((result?.['findings'] ?? []) as { id: string }[]).map(({ id }) => id);
    assert.deepEqual(ids, ['restarting', 'unhealthy']);
    assert.equal(result?.['status'], 'degraded');
  });

  it('has no verdict without an Engine, unless it is told that this means idle', async (test) => {
    const socket = join(temporaryDirectory(test), 'none.sock');
    const plugin = await monitor(test, { socket });
    assert.equal((await checkIdle(plugin)).error?.message, `no Docker runs at ${socket}`);
    await plugin.request('Configure', { config: { socket, if_down: 'idle' } });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
  });

  it('says so when something else answers, or nothing does', async (test) => {
    const socket = join(temporaryDirectory(test), 'other.sock');
    await startHttp(test, (_, response) => response.end('hello'), socket);
    const plugin = await monitor(test, { socket, if_down: 'idle' });
    assert.match((await checkIdle(plugin)).error?.message ?? '', /no Docker's$/);
    const mute = join(temporaryDirectory(test), 'mute.sock');
    await startHttp(test, () => {}, mute);
    await plugin.request('Configure', { config: { socket: mute, if_down: 'idle' } });
    const { error } = await plugin.request('CheckIdle', { metrics: {}, context: { deadline_ms: 300 } });
    assert.match(error?.message ?? '', /did not answer \/containers\/json in time/);
  });

  it('says once in a diagnosis where no Engine answers, and why', async (test) => {
    const socket = join(temporaryDirectory(test), 'docker.sock');
    const { result } = await (await monitor(test, { socket })).request('Diagnose');
    assert.partialDeepStrictEqual(result, {
      status: 'failed',
      findings: [{ id: 'unreachable', title: `${socket}: No such file or directory` }],
    });
    const strange = join(temporaryDirectory(test), 'docker.sock');
    await startHttp(test, (_, response) => void response.end('no JSON'), strange);
    assert.partialDeepStrictEqual((await (await monitor(test, { socket: strange })).request('Diagnose')).result, {
      findings: [{ title: `${strange} answered something that is no Docker's` }],
    });
  });
});
