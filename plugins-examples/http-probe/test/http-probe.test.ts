import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { nativeCall } from '../../test-support/native.ts';
import { freePort, startHttp } from '../../test-support/service.ts';
import { plugin } from '../plugin.ts';

type Config = Parameters<NonNullable<typeof plugin.checkIdle>>[0]['config'];

const check = async (config: Config, signal?: AbortSignal) => plugin.checkIdle?.(nativeCall(config, signal));

/** A service with this answer; gives its URL. */
async function serve(
  test: it.TestContext,
  body: unknown,
  status = 200,
  seen: (request: IncomingMessage) => void = () => {},
) {
  const port = await startHttp(test, (request, response) => {
    seen(request);
    response.statusCode = status;
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  return `http://127.0.0.1:${port}/stats?key=secret`;
}

describe('http-probe', () => {
  const values: [unknown, Partial<Config>, boolean, RegExp][] = [
    [{ jobs: { running: 0 } }, { path: 'jobs.running' }, true, /^jobs\.running is 0, idle up to 0$/],
    [{ jobs: { running: 3 } }, { path: 'jobs.running', limit: 2 }, false, /is 3, idle up to 2$/],
    [{ queue: ['a'] }, { path: 'queue' }, false, /^queue has 1 entries, idle up to 0$/],
    [{ busy: true }, { path: 'busy' }, false, /^busy is true$/],
    [{ busy: null }, { path: 'busy' }, true, /^busy is null$/],
    [[{ state: 'building' }], { path: '0.state', busy_values: ['building'] }, false, /^0\.state is "building"$/],
    [[{ state: 'done' }], { path: '0.state', busy_values: ['building'] }, true, /^0\.state is "done"$/],
  ];
  for (const [body, config, isIdle, reason] of values) {
    it(`takes ${JSON.stringify(body)} at ${config.path} for ${isIdle ? 'idle' : 'busy'}`, async (test) => {
      const verdict = await check({ url: await serve(test, body), ...config });
      assert.equal(verdict?.is_idle, isIdle);
      assert.match(verdict?.reason ?? '', reason);
    });
  }

  it('can go by the status, and never shows the query', async (test) => {
    const locked = await check({ url: await serve(test, '', 423), busy_statuses: [423] });
    assert.match(locked?.reason ?? '', /^http:\/\/127\.0\.0\.1:\d+\/stats answered 423$/);
    assert.equal(locked?.is_idle, false);
    assert.equal((await check({ url: await serve(test, 'fine') }))?.is_idle, true);
  });

  it('sends the headers', async (test) => {
    let authorization: string | undefined;
    const url = await serve(test, '', 200, ({ headers }) => {
      authorization = headers.authorization;
    });
    await check({ url, headers: { Authorization: 'Bearer t' } });
    assert.equal(authorization, 'Bearer t');
  });

  it('logs in with the name and password of the URL, and never shows them', async (test) => {
    let authorization: string | undefined;
    const url = await serve(test, '', 200, ({ headers }) => {
      authorization = headers.authorization;
    });
    const verdict = await check({ url: url.replace('//', '//me:p%40ss@') });
    assert.equal(authorization, `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
    assert.doesNotMatch(verdict?.reason ?? '', /me|p%40ss|p@ss/);
    await check({ url: url.replace('//', '//me:p%40ss@'), headers: { Authorization: 'Bearer t' } });
    assert.equal(authorization, 'Bearer t', 'what is said in headers comes first');
  });

  const failures: [string, unknown, number, Partial<Config>, RegExp][] = [
    ['another status', '', 500, {}, /answered 500/],
    ['a page that leads elsewhere', '', 302, {}, /answered 302 Found: set url to where it leads$/],
    ['no JSON', '<html>', 200, { path: 'a' }, /is no JSON$/],
    ['a path that is missing', { a: {} }, 200, { path: 'a.b' }, /has no a\.b: b is missing$/],
    ['a path into every object', {}, 200, { path: 'constructor' }, /constructor is missing$/],
    ['a text of which nothing is known', { a: 'x' }, 200, { path: 'a' }, /set busy_values/],
    ['an object', { a: {} }, 200, { path: 'a' }, /expected a number/],
    ['too much', 'x'.repeat(1024 * 1024 + 1), 200, { path: 'a' }, /larger than 1 MiB$/],
  ];
  for (const [name, body, status, config, message] of failures) {
    it(`has no verdict for ${name}`, async (test) => {
      const url = await serve(test, body, status);
      await assert.rejects(check({ url, ...config }), (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    });
  }

  it('has no verdict where nothing listens, unless it is told that this means idle', async () => {
    const url = `http://127.0.0.1:${await freePort()}/`;
    await assert.rejects(check({ url }), /ECONNREFUSED$/);
    assert.equal((await check({ url, if_down: 'idle' }))?.is_idle, true);
  });

  it('waits no longer than it may', async (test) => {
    const port = await startHttp(test, () => {});
    await assert.rejects(
      check({ url: `http://127.0.0.1:${port}/`, timeout_seconds: 0.1, if_down: 'idle' }),
      /no answer in 0\.1 s$/,
    );
    const stop = new AbortController();
    const asked = check({ url: `http://127.0.0.1:${port}/` }, stop.signal);
    stop.abort();
    await assert.rejects(asked);
  });

  it('says so where the answer begins and does not end', async (test) => {
    const port = await startHttp(test, (_, response) => void response.write('{'));
    await assert.rejects(
      check({ url: `http://127.0.0.1:${port}/`, path: 'a', timeout_seconds: 0.1 }),
      /^Error: http:\/\/127\.0\.0\.1:\d+\/: no answer in 0\.1 s$/,
    );
  });
});
