import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { requires } from '../../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { checkIdle, initialize } from '../../test-support/host.ts';
import { freePort, requiresSuccess, startHttp, startService } from '../../test-support/service.ts';
import { type Talk, talk } from '../../test-support/talk.ts';

const directory = new URL('..', import.meta.url).pathname;
const PYTHON = '/usr/bin/python3'; // the one that Debian's packages are for
const missing = requiresSuccess(
  'python3-jupyter-server and ipykernel',
  PYTHON,
  '-c',
  'import jupyter_server, ipykernel',
);

async function monitor(test: it.TestContext, config: Record<string, unknown>): Promise<Talk> {
  const plugin = talk(directory, { test });
  const { error } = await initialize(plugin, config);
  assert.equal(error, undefined);
  return plugin;
}

/** Starts a real server on a port of its own, which it gives. */
async function startJupyter(test: it.TestContext, home: string): Promise<number> {
  for (;;) {
    const port = await freePort();
    const settings = { ip: '127.0.0.1', port, port_retries: 0, token: 'secret', base_url: '/lab-1', root_dir: home };
    const server = await startService(
      [
        ...[PYTHON, '-m', 'jupyter_server', '--ServerApp.allow_root=True'],
        ...Object.entries(settings).map(([key, value]) => `--ServerApp.${key}=${value}`),
      ],
      (output) => output.includes('is running at'),
      { test, env: { HOME: home, JUPYTER_RUNTIME_DIR: home, IPYTHONDIR: home } },
    );
    if (server) return port; // else the port was taken in between
  }
}

describe('jupyter-monitor beside a real server', { skip: missing || requires('python3') }, () => {
  it('is busy while a cell runs, names its notebook, and is idle when nobody has used it for a while', async (test) => {
    const home = temporaryDirectory(test);
    const port = await startJupyter(test, home);
    const url = `http://127.0.0.1:${port}/lab-1`;
    const post = async (path: string, body?: object): Promise<Record<string, { id: string }>> => {
      const headers = { authorization: 'token secret', 'content-type': 'application/json' };
      const answer = await fetch(`${url}/${path}`, { method: 'POST', headers, body: JSON.stringify(body ?? {}) });
      assert.ok(answer.ok, `${path}: ${answer.status}`);
      return answer.status === 204 ? {} : ((await answer.json()) as Record<string, { id: string }>);
    };

    const plugin = await monitor(test, { url, token: 'secret', idle_minutes: 0, terminal_minutes: null });
    assert.equal((await checkIdle(plugin)).result?.['reason'], 'no kernel runs');

    const kernel = { name: 'python3' };
    const session = await post('api/sessions', { path: 'train.ipynb', type: 'notebook', name: 'train', kernel });
    const id = session['kernel']?.id;
    const channels = new WebSocket(`ws://127.0.0.1:${port}/lab-1/api/kernels/${id}/channels?token=secret`);
    test.after(() => channels.close());
    await new Promise((opened) => channels.addEventListener('open', opened, { once: true }));
    const becomesIdle = async () => (await checkIdle(plugin)).result?.['is_idle'];
    const send = (code: string) => {
      const header = { msg_id: randomUUID(), msg_type: 'execute_request', username: '', session: 's', version: '5.3' };
      const content = { code, silent: false, allow_stdin: false };
      channels.send(JSON.stringify({ header, parent_header: {}, metadata: {}, content, channel: 'shell' }));
    };
    // The server may miss what a kernel says while it starts, and learns how it is from the next cell only.
    await waitFor('the kernel to have started', async () => {
      send('pass');
      await pause(300);
      return becomesIdle();
    });
    const enough = join(home, 'enough');
    const code = `import os, time\nwhile not os.path.exists(${JSON.stringify(enough)}): time.sleep(0.02)`;
    send(code);
    const busy = await waitFor('a busy kernel', async () => {
      const { result } = await checkIdle(plugin);
      return result?.['is_idle'] === false && result['reason'];
    });
    assert.equal(busy, '1 kernel busy: train.ipynb');

    writeFileSync(enough, '');
    await waitFor('the kernel to be idle again', becomesIdle);
    await plugin.request('Configure', { config: { url, token: 'secret', idle_minutes: 10, terminal_minutes: null } });
    const recent = (await checkIdle(plugin)).result;
    assert.partialDeepStrictEqual(recent, {
      is_idle: false,
      reason: 'train.ipynb was used 0 min ago, idle after 10',
    });

    await plugin.request('Configure', { config: { url, token: 'wrong', terminal_minutes: null } });
    assert.match((await checkIdle(plugin)).error?.message ?? '', /answered 403: it wants another token$/);
  });
});

describe('jupyter-monitor', { skip: requires('python3') }, () => {
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

  /** A server that has these kernels and terminals. */
  async function serve(test: it.TestContext, kernels: object[], terminals?: object[], missing = 404): Promise<string> {
    const port = await startHttp(test, (request, response) => {
      const answers: Record<string, object[] | undefined> = {
        '/api/kernels': kernels,
        '/api/terminals': terminals,
        '/api/sessions': [],
      };
      const found = answers[request.url ?? ''];
      response.statusCode = found ? 200 : missing;
      response.end(JSON.stringify(found ?? { message: 'not found' }));
    });
    return `http://127.0.0.1:${port}`;
  }
  const kernel = { id: 'k', name: 'python3', connections: 1, execution_state: 'idle' };

  it('counts terminals, where the server has them', async (test) => {
    const kernels = [{ ...kernel, last_activity: ago(60) }];
    const url = await serve(test, kernels, [{ name: '1', last_activity: ago(2) }]);
    const plugin = await monitor(test, { url });
    assert.match(
      String((await checkIdle(plugin)).result?.['reason']),
      /^terminal 1 was used 2 min ago, idle after 10$/,
    );
    await plugin.request('Configure', { config: { url, terminal_minutes: null } });
    const { result } = await checkIdle(plugin);
    assert.partialDeepStrictEqual(result, { is_idle: true, reason: '1 kernel idle, last used 60 min ago' });
  });

  it('takes a server without terminals, and a dead kernel, for what they are', async (test) => {
    const url = await serve(test, [{ ...kernel, execution_state: 'dead', last_activity: ago(60) }]);
    const plugin = await monitor(test, { url });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
    const { result } = await plugin.request('Diagnose');
    assert.partialDeepStrictEqual(result, { status: 'degraded', findings: [{ id: 'dead-kernel' }] });
  });

  it('does not wait for ever for a kernel that starts and that nobody is connected to', async (test) => {
    for (const connections of [0, 1]) {
      const starting = { ...kernel, execution_state: 'starting', connections, last_activity: ago(60) };
      const { result } = await checkIdle(await monitor(test, { url: await serve(test, [starting]) }));
      assert.equal(result?.['is_idle'], connections === 0);
    }
  });

  it('names the server that does not answer in time', async (test) => {
    const url = `http://127.0.0.1:${await startHttp(test, () => {})}`;
    const plugin = await monitor(test, { url });
    const { error } = await plugin.request('CheckIdle', { metrics: {}, context: { deadline_ms: 400 } });
    assert.equal(error?.message, `${url}: timed out`);
  });

  it('has no verdict where the token may not ask for terminals', async (test) => {
    const url = await serve(test, [{ ...kernel, last_activity: ago(60) }], undefined, 403);
    const { error } = await checkIdle(await monitor(test, { url }));
    assert.match(error?.message ?? '', /\/api\/terminals answered 403: it wants another token$/);
  });

  it('finds a kernel that nobody is connected to any more', async (test) => {
    const url = await serve(test, [{ ...kernel, connections: 0, last_activity: ago(60) }]);
    const { result } = await (await monitor(test, { url })).request('Diagnose');
    assert.partialDeepStrictEqual(result, { findings: [{ id: 'forgotten-kernel', severity: 'info' }] });
  });

  it('counts a kernel of which the server does not say when it was used', async (test) => {
    const plugin = await monitor(test, { url: await serve(test, [kernel]) });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], false);
  });

  it('has no verdict without a server, unless it is told that this means idle', async (test) => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const plugin = await monitor(test, { url });
    assert.match((await checkIdle(plugin)).error?.message ?? '', /no Jupyter server runs at .*: connection refused/);
    assert.partialDeepStrictEqual((await plugin.request('Diagnose')).result, {
      status: 'failed',
      findings: [{ title: `${url}: Connection refused` }],
    });
    await plugin.request('Configure', { config: { url, if_down: 'idle' } });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
  });

  it('says so when something else answers', async (test) => {
    const port = await startHttp(test, (_, response) => response.end('<html>'));
    const plugin = await monitor(test, { url: `http://127.0.0.1:${port}` });
    assert.match((await checkIdle(plugin)).error?.message ?? '', /no JSON: is that a Jupyter server\?/);
  });

  it('does not wait for ever for a server that does not answer', async (test) => {
    const port = await startHttp(test, () => {});
    const plugin = await monitor(test, { url: `http://127.0.0.1:${port}`, if_down: 'idle' });
    const { error } = await plugin.request('CheckIdle', { metrics: {}, context: { deadline_ms: 500 } });
    assert.match(error?.message ?? '', /timed out/);
  });
});
