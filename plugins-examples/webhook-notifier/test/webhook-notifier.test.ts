import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import type { SnoozeEvent } from '../../../plugin-sdk/typescript/src/index.ts';
import { nativeCall } from '../../test-support/native.ts';
import { freePort, startHttp } from '../../test-support/service.ts';
import { plugin } from '../plugin.ts';

type Config = Parameters<NonNullable<typeof plugin.configure>>[0]['config'];
type Post = { path: string | undefined; headers: NodeJS.Dict<string | string[]>; body: string };

const event: SnoozeEvent = {
  id: 'e-1',
  type: 'cloud.spot.interrupt',
  source: 'test',
  timestamp: '2026-11-20T08:20:00Z',
  data: { action: 'terminate' },
  severity: 3,
  deadline: '2026-11-20T08:22:00Z',
};
const snooze = { reason: 'all checks idle', idle_seconds: 1800, action: 'stop' };

/** A webhook that answers with these statuses, one after the other, and then 200. */
async function webhook(test: it.TestContext, ...statuses: number[]): Promise<{ url: string; posts: Post[] }> {
  const posts: Post[] = [];
  const port = await startHttp(test, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      posts.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.statusCode = statuses[posts.length - 1] ?? 200;
      response.end('ok');
    });
  });
  return { url: `http://127.0.0.1:${port}/services/SECRET`, posts };
}

const tell = async (config: Config) => plugin.handleEvent?.({ ...nativeCall(config), event });

describe('webhook-notifier', () => {
  it('passes an event on, whole, and leaves it to others', async (test) => {
    const { url, posts } = await webhook(test);
    assert.deepEqual(await tell({ url, headers: { 'X-Team': 'a' } }), { handled: false, result: 'sent' });
    const [post] = posts;
    assert.equal(post?.path, '/services/SECRET');
    assert.equal(post?.headers['x-team'], 'a');
    assert.ok(!('x-snooze-signature' in (post?.headers ?? {})));
    const told = JSON.parse(post?.body ?? '') as Record<string, unknown>;
    assert.partialDeepStrictEqual(told, { kind: 'event', at: event.timestamp, data: event });
    assert.match(String(told['text']), /^cloud\.spot\.interrupt on .+, by 2026-11-20T08:22:00Z$/);
  });

  it('tells Slack in a sentence', async (test) => {
    const { url, posts } = await webhook(test);
    const answer = await plugin.beforeSnooze?.({ ...nativeCall<Config>({ url, format: 'slack' }), ...snooze });
    assert.deepEqual(answer, { allow: true });
    const told = JSON.parse(posts[0]?.body ?? '') as Record<string, unknown>;
    assert.deepEqual(Object.keys(told), ['text']);
    assert.match(String(told['text']), /is about to stop: idle for 30 min \(all checks idle\)$/);
  });

  it('says of a rehearsal that it is one, and of an action that is no verb that the host snoozes', async (test) => {
    const { url, posts } = await webhook(test);
    const call = nativeCall<Config>({ url });
    await plugin.handleEvent?.({ ...call, event: { ...event, data: { rehearsal: true } } });
    await plugin.beforeSnooze?.({ ...call, ...snooze, action: 'none' });
    const texts = posts.map(({ body }) => (JSON.parse(body) as { text: string }).text);
    assert.match(texts[0] ?? '', /^a rehearsal: cloud\.spot\.interrupt on .+, by 2026-11-20T08:22:00Z$/);
    assert.match(texts[1] ?? '', /is about to snooze \(none\): idle for 30 min/);
  });

  it('lets no reason of a check call everybody in a channel of Slack', async (test) => {
    const { url, posts } = await webhook(test);
    const reason = 'a <!channel> & more';
    await plugin.beforeSnooze?.({ ...nativeCall<Config>({ url, format: 'slack' }), ...snooze, reason });
    assert.match(posts[0]?.body ?? '', /\(a &lt;!channel&gt; &amp; more\)/);
  });

  it('never shows a password of the URL', async () => {
    await assert.rejects(tell({ url: 'http://me:SECRET@127.0.0.1/', attempts: 1 }), (error: Error) => {
      assert.equal(error.message, 'http://127.0.0.1: it cannot be posted to, after 1 attempts');
      return true;
    });
  });

  it('signs what it sends, with the time', async (test) => {
    const { url, posts } = await webhook(test);
    await tell({ url, secret: 'shared' });
    const { headers, body } = posts[0] ?? assert.fail('nothing was posted');
    const seconds = String(headers['x-snooze-timestamp']);
    const expected = createHmac('sha256', 'shared').update(`${seconds}.${body}`).digest('hex');
    assert.equal(headers['x-snooze-signature'], `sha256=${expected}`);
    assert.ok(Math.abs(Date.now() / 1000 - Number(seconds)) < 300);
  });

  it('tries again where the service is overloaded, and not where it refuses', async (test) => {
    const overloaded = await webhook(test, 503, 429);
    await tell({ url: overloaded.url });
    assert.equal(overloaded.posts.length, 3);
    const refusing = await webhook(test, 404, 404);
    await assert.rejects(tell({ url: refusing.url }), (error: Error) => {
      assert.match(error.message, /^http:\/\/127\.0\.0\.1:\d+: it answered 404, after 1 attempts$/);
      return true;
    });
    assert.equal(refusing.posts.length, 1);
  });

  it('waits as long as an overloaded service asks for, but no longer than the daemon does, and follows no redirect', async (test) => {
    const times: number[] = [];
    let seconds = '1';
    let status = 429;
    const port = await startHttp(test, (_, response) => {
      times.push(performance.now());
      response.writeHead(times.length === 2 ? 200 : status, { 'retry-after': seconds, location: '/' }).end();
    });
    const url = `http://127.0.0.1:${port}/`;
    await tell({ url });
    const [first = 0, second = 0] = times;
    assert.ok(second - first > 950, String(second - first));
    seconds = '60';
    const stop = new AbortController();
    const asked = plugin.handleEvent?.({ ...nativeCall<Config>({ url }, stop.signal), event });
    await waitFor('its first attempt', () => times.length === 3);
    setImmediate(() => stop.abort());
    await assert.rejects(async () => asked, /(it answered 429|no answer in time), after 1 attempts$/);
    status = 307;
    await assert.rejects(tell({ url }), /: it answered 307, after 1 attempts$/);
    assert.equal(times.length, 4);
  });

  it('never keeps the host awake because nobody listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}/SECRET`;
    const warnings: string[] = [];
    const log = { ...nativeCall(undefined).log, warn: (message: string) => void warnings.push(message) };
    const call = { ...nativeCall<Config>({ url, attempts: 1 }), log };
    assert.deepEqual(await plugin.beforeSnooze?.({ ...call, ...snooze }), { allow: true });
    await plugin.afterResume?.({ ...call, stopped_at: 'a', resumed_at: 'b', reason: 'c' });
    assert.equal(warnings.length, 2);
    assert.match(warnings[0] ?? '', /ECONNREFUSED/);
    assert.doesNotMatch(warnings.join(), /SECRET/);
  });

  it('tells only what it shall', async (test) => {
    const { url, posts } = await webhook(test);
    const config: Config = { url, notify: ['resume'] };
    await tell(config);
    await plugin.beforeSnooze?.({ ...nativeCall(config), ...snooze });
    assert.equal(posts.length, 0);
    await plugin.afterResume?.({ ...nativeCall(config), stopped_at: 'a', resumed_at: 'b', reason: 'c' });
    assert.equal((JSON.parse(posts[0]?.body ?? '') as { kind: string }).kind, 'resume');
  });

  it('stops when nobody waits any more', async (test) => {
    const port = await startHttp(test, () => {});
    const stop = new AbortController();
    const config: Config = { url: `http://127.0.0.1:${port}/` };
    const asked = plugin.handleEvent?.({ ...nativeCall(config, stop.signal), event });
    stop.abort();
    await assert.rejects(async () => asked, /no answer in time, after 1 attempts$/);
  });
});
