import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { checkIdle, initialize } from '../../test-support/host.ts';
import { startHttp } from '../../test-support/service.ts';
import { type Talk, talk } from '../../test-support/talk.ts';
import { type Container, startEngine } from './engine.ts';

const directory = new URL('..', import.meta.url).pathname;

async function monitor(test: it.TestContext, config: Record<string, unknown>): Promise<Talk> {
  const plugin = talk(directory, { test });
  assert.equal((await initialize(plugin, config)).error, undefined);
  return plugin;
}

async function reasonOf(plugin: Talk): Promise<unknown> {
  return (await checkIdle(plugin)).result?.['reason'];
}

const web = { Id: 'aa11', Names: ['/web'], State: 'running', percent: 0 };
const job = { Id: 'bb22', Names: ['/job-1'], State: 'running', percent: 0 };

describe('docker-monitor', { skip: requires('python3') }, () => {
  it('is busy while a container uses the CPU, from its second sight on, and idle after', async (test) => {
    const containers: Container[] = [web, { ...job, percent: 150 }];
    const plugin = await monitor(test, { socket: await startEngine(test, containers) });
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
    assert.equal(await reasonOf(plugin), 'job-1 was started anew, its CPU known from the next check on');
    assert.equal(await reasonOf(plugin), '2 containers running, none over 5 % CPU');
    containers.length = 0;
    assert.equal(await reasonOf(plugin), 'no container runs that counts');
  });

  it('does not take what a container used since it was started anew for what it used since the last check', async (test) => {
    const containers: Container[] = [web];
    const plugin = await monitor(test, { socket: await startEngine(test, containers) });
    await checkIdle(plugin);
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
    containers[0] = { ...web, startedAt: '2026-01-01T00:01:00.1Z' }; // as much as the one before: all of it is new
    assert.equal(await reasonOf(plugin), 'web was started anew, its CPU known from the next check on');
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
  });

  it('is busy for once where a container ends meanwhile, and as long as one is restarted again and again', async (test) => {
    const containers: Container[] = [web];
    const plugin = await monitor(test, { socket: await startEngine(test, containers) });
    await checkIdle(plugin);
    for (const ends of ['kept', 'removed', 'removed meanwhile'] as const) {
      containers[1] = { ...job, ends };
      assert.deepEqual((await checkIdle(plugin)).result, {
        is_idle: false,
        reason: 'job-1 has just ended, its CPU not known',
        details: { containers: 2, cpu_percent: { web: 0 } },
      });
    }
    containers[1] = { ...job, State: 'restarting' };
    for (const _ of [1, 2]) assert.equal(await reasonOf(plugin), 'job-1 is restarting, its CPU not known');
    containers.pop();
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
  });

  it('asks for all containers at once, which take the Engine a second each', async (test) => {
    const many = Array.from({ length: 50 }, (_, index) => ({ ...web, Id: `c${index}`, Names: [`/web-${index}`] }));
    const plugin = await monitor(test, { socket: await startEngine(test, many) });
    await checkIdle(plugin);
    assert.equal(await reasonOf(plugin), '50 containers running, none over 5 % CPU');
  });

  it('has no verdict where the Engine cannot tell what a container uses', async (test) => {
    const socket = await startEngine(test, [{ Id: 'bb22', Names: ['/job-1'], State: 'running' }]);
    const plugin = await monitor(test, { socket });
    assert.match((await checkIdle(plugin)).error?.message ?? '', /does not tell how much CPU job-1 uses/);
  });

  it('can count every container that runs, but for those that are ignored', async (test) => {
    const labelled = { ...web, Labels: { 'cloudsnooze.ignore': 'true' } };
    const socket = await startEngine(test, [labelled, job, { ...web, Id: 'cc', State: 'exited' }]);
    const plugin = await monitor(test, { socket, min_cpu_percent: 0 });
    assert.equal(await reasonOf(plugin), '1 container running: job-1');
    await plugin.request('Configure', { config: { socket, min_cpu_percent: 0, ignore: ['job-*'] } });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
  });

  it('counts those that are paused or between two starts among those that run, and says which they are', async (test) => {
    const socket = await startEngine(test, [
      job,
      { ...web, State: 'paused' },
      { ...web, Id: 'c', State: 'restarting' },
    ]);
    const plugin = await monitor(test, { socket, min_cpu_percent: 0 });
    assert.equal(await reasonOf(plugin), '3 containers running: job-1, web (paused), web (restarting)');
  });

  it('knows a container by its own name, not by those that links have given it', async (test) => {
    const linked = { ...job, Names: ['/app/database', '/job-1', '/web/database'] };
    const socket = await startEngine(test, [linked]);
    const plugin = await monitor(test, { socket, min_cpu_percent: 0, ignore: ['app*'] });
    assert.equal(await reasonOf(plugin), '1 container running: job-1');
    await plugin.request('Configure', { config: { socket, min_cpu_percent: 0, ignore: ['job-1'] } });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
  });

  it('finds what is wrong with containers', async (test) => {
    const socket = await startEngine(test, [
      { ...web, State: 'restarting' },
      { ...job, Status: 'Up 2 hours (unhealthy)' },
      { ...job, Id: 'cc33', Names: ['/once'], restartPolicy: 'no' },
      { ...job, Id: 'dd44', State: 'exited', restartPolicy: 'no' },
    ]);
    const { result } = await (await monitor(test, { socket })).request('Diagnose');
    const titles = ((result?.['findings'] ?? []) as { title: string }[]).map(({ title }) => title);
    assert.deepEqual(titles, [
      'web is restarted again and again',
      'job-1 is unhealthy',
      'Docker does not start once again when the host comes back',
    ]);
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
