import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import type { Sent } from '../../../src/events/intake.ts';
import { spool } from '../../../src/events/sources/spool.ts';
import { webhook } from '../../../src/events/sources/webhook.ts';
import { defaultEvents } from '../../support/default-events.ts';
import { freePort } from '../../support/free-port.ts';
import { createMemoryJournal } from '../../support/memory-journal.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { waitFor } from '../../support/wait-for.ts';
import { fullAtTimes } from '../world.ts';
import { sourceContext } from './source-world.ts';

const TOKEN = 'a-token-of-some-length';

async function startSpool(t: TestContext, journal = createMemoryJournal(), stateDirectory = temporaryDirectory(t)) {
  const world = sourceContext(t, { stateDirectory, journal });
  const { health } = world.watch(spool);
  const folder = join(stateDirectory, 'events.d');
  await waitFor('the first look', () => health().status !== 'starting');
  return {
    ...world,
    health,
    folder,
    stateDirectory,
    put(name: string, text: string) {
      writeFileSync(join(folder, `.${name}`), text);
      renameSync(join(folder, `.${name}`), join(folder, name));
    },
  };
}

const isLooking = () => process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'));

test('a file that is moved into the folder is an event, and is gone when that is on disk', async (t) => {
  const { put, folder, journal, health } = await startSpool(t);
  assert.equal(health().message, folder);
  put('backup.json', '{"type": "custom.backup", "severity": 2, "data": {"size": 5}, "deadline_seconds": 60}');
  const [record] = await waitFor('the event', () => journal.list(1).length === 1 && journal.list(1));
  assert.deepEqual(
    [record?.event.type, record?.event.source, record?.event.severity, record?.event.data],
    ['custom.backup', 'spool', 2, { size: 5 }],
  );
  await waitFor('an empty folder', () => readdirSync(folder).length === 0);
});

test('a file stays while a full disk keeps its event in memory, and those after it are taken all the same', async (t) => {
  let full = true;
  const journal = fullAtTimes(createMemoryJournal(), () => full);
  const { put, folder, dispatcher, health, sample } = await startSpool(t, journal);
  for (const name of ['a', 'b']) put(`${name}.json`, `{"type": "custom.${name}"}`);
  await waitFor('a look at both', () => health().message.endsWith('can be written down: 2'));
  assert.equal(journal.list(1).length, 0);
  assert.deepEqual(readdirSync(folder), ['a.json', 'b.json']);

  full = false;
  await dispatcher.send({ type: 'custom', source: 'user', data: {} });
  await waitFor('an empty folder', () => {
    sample();
    return readdirSync(folder).length === 0;
  });
  await waitFor('an end of it', () => health().status === 'ok');
  assert.equal(journal.list(10).length, 3);
});

test('what lay there before the daemon began is taken, what is still being written is not', async (t) => {
  const first = await startSpool(t);
  await first.end();
  for (const name of ['b.json', 'a.json']) first.put(name, `{"type": "custom.${name[0]}"}`);
  writeFileSync(join(first.folder, '.c.json'), '{"type": "cus');
  writeFileSync(join(first.folder, 'd.json.tmp'), '{"type": "cus');
  const second = await startSpool(t, first.journal, first.stateDirectory);
  await waitFor('both', () => second.journal.list(10).length === 2);
  assert.deepEqual(
    second.journal.list(10).map(({ event }) => event.type),
    ['custom.b', 'custom.a'],
  );
  assert.deepEqual(readdirSync(first.folder).sort(), ['.c.json', 'd.json.tmp']);
});

test('the same file linked into the folder again is another event', async (t) => {
  const { folder, journal, stateDirectory } = await startSpool(t);
  const kept = join(stateDirectory, 'kept.json');
  writeFileSync(kept, '{"type": "custom.nightly"}');
  for (const turn of [1, 2]) {
    linkSync(kept, join(folder, '.nightly'));
    renameSync(join(folder, '.nightly'), join(folder, 'nightly.json'));
    await waitFor('an empty folder', () => readdirSync(folder).length === 0);
    assert.equal(journal.list(10).length, turn);
  }
});

test('a folder that nothing has changed is not looked through at a sample', async (t) => {
  const { sample } = await startSpool(t);
  await waitFor('the end of the first look', () => !isLooking());
  sample();
  assert.equal(isLooking(), false);
});

/** Ways in which a person may take the folder away, each from which it comes back as another one. */
const AWAY: Record<string, (folder: string) => void> = {
  removed: (folder) => rmSync(folder, { recursive: true }),
  'moved away': (folder) => renameSync(folder, `${folder}.old`),
};
for (const [how, takeAway] of Object.entries(AWAY)) {
  test(`a folder that was ${how} and made again at once is watched without a sample`, async (t) => {
    const { put, folder, journal } = await startSpool(t);
    takeAway(folder);
    mkdirSync(folder);
    put('first.json', '{"type": "custom.first"}');
    await waitFor('the first', () => journal.list(2).length === 1);
    put('second.json', '{"type": "custom.second"}');
    await waitFor('the second', () => journal.list(2).length === 2);
  });

  test(`a folder that was ${how} is said to be missing, made by nobody, and watched once it is there again`, async (t) => {
    const { put, folder, journal, health, sample, lines } = await startSpool(t);
    for (const turn of [1, 2]) {
      takeAway(folder);
      await waitFor('its loss', () => health().status === 'failing');
      assert.match(health().message, /^there is no folder \S+events\.d any more: make it again/);
      sample();
      await waitFor('the end of the look', () => !isLooking());
      assert.equal(existsSync(folder), false);
      mkdirSync(folder);
      await waitFor('its return', () => health().status === 'ok');
      rmSync(`${folder}.old`, { recursive: true, force: true });
      put('late.json', '{"type": "custom.late"}');
      await waitFor('the event', () => journal.list(3).length === turn);
    }
    assert.equal(lines.length, 4, lines.join('\n'));
  });
}

for (const [what, text, words] of [
  ['no JSON', '{"type": ', /it is not JSON/],
  ['another type', '{"type": "cloud.spot.interrupt"}', /type: expected custom or custom\.<name>, found "cloud\.spot/],
  ['an unknown field', '{"type": "custom", "sevrity": 1}', /sevrity: unknown key, did you mean severity\?/],
  ['too much', JSON.stringify({ type: 'custom', data: { text: 'x'.repeat(80_000) } }), /has \d+ bytes, at most/],
] as const) {
  test(`a file with ${what} is set aside with one line, and the next one is taken`, async (t) => {
    const { put, folder, journal, lines } = await startSpool(t);
    put('bad.json', text);
    put('good.json', '{"type": "custom"}');
    await waitFor('the good one', () => journal.list(1).length === 1 && existsSync(join(folder, 'bad.json.rejected')));
    await waitFor('nothing else', () => readdirSync(folder).length === 1);
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0] ?? '', words);
  });
}

/** What may lie in the folder without being a file, and would be followed, waited for, or not be opened at all. */
const STRANGE: Record<string, (path: string) => void> = {
  'a link': (path) => symlinkSync('/dev/zero', path),
  'a link to nothing': (path) => symlinkSync('/nonexistent', path),
  'a folder': (path) => mkdirSync(path),
  'a folder where one was set aside before': (path) => {
    mkdirSync(join(`${path}.rejected`, 'full'), { recursive: true });
    mkdirSync(path);
  },
  'a pipe': (path) => void execFileSync('mkfifo', [path]),
  'a socket': (path) => void createServer().listen(path).unref(),
};
for (const [what, make] of Object.entries(STRANGE)) {
  test(`${what} in the folder is set aside with one line, and the next file is taken`, async (t) => {
    const { put, folder, journal, lines, health } = await startSpool(t);
    make(join(folder, 'bad.json'));
    put('good.json', '{"type": "custom"}');
    await waitFor('the good one', () => journal.list(1).length === 1);
    await waitFor('the other', () => readdirSync(folder).every((name) => name.startsWith('bad.json.rejected')));
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0] ?? '', /bad\.json: .*; it is set aside as bad\.json\.rejected/);
    assert.equal(health().status, 'ok');
  });
}

async function startWebhook(t: TestContext, journal = createMemoryJournal()) {
  const port = await freePort();
  const { sources } = defaultEvents();
  const world = sourceContext(t, {
    journal,
    eventsConfig: { sources: { ...sources, webhook: { enabled: true, port, token: TOKEN } } },
  });
  const { health } = world.watch(webhook);
  await waitFor('the server', () => health().status !== 'starting');
  const url = `http://127.0.0.1:${port}/events`;
  const post = async (body: string, { token = TOKEN, method = 'POST', path = '' } = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: { Authorization: `Bearer ${token}` },
      ...(method === 'POST' && { body }),
    });
    return { status: response.status, body: (await response.json()) as Partial<Sent> & { error?: string } };
  };
  return { ...world, port, post, health };
}

test('a program that knows the token sends an event over HTTP and gets its id', async (t) => {
  const { post, journal } = await startWebhook(t);
  const { status, body } = await post('{"type": "custom.deploy", "data": {"version": "1.2"}}');
  assert.equal(status, 202);
  const record = journal.get(body.id ?? '');
  assert.deepEqual(
    [record?.event.type, record?.event.source, record?.event.data],
    ['custom.deploy', 'webhook', { version: '1.2' }],
  );
});

test('the answer over HTTP says what is in memory alone, and what was sent before', async (t) => {
  let full = true;
  const { post } = await startWebhook(
    t,
    fullAtTimes(createMemoryJournal(), () => full),
  );
  const event = { id: '17', type: 'custom' };
  assert.deepEqual((await post(JSON.stringify(event))).body, { id: 'webhook:17', durable: false, known: null });
  full = false;
  assert.equal((await post('{"type": "custom"}')).body.durable, true);
  assert.deepEqual((await post(JSON.stringify(event))).body, { id: 'webhook:17', durable: true, known: 'same' });
  const other = JSON.stringify({ ...event, data: { size: 6 } });
  assert.deepEqual((await post(other)).body, { id: 'webhook:17', durable: true, known: 'different' });
  assert.equal((await post(JSON.stringify({ ...event, id: 'x'.repeat(300) }))).status, 400);
});

test('a file that gives the id of an earlier one is taken away, with a line where it is not the same', async (t) => {
  const { put, folder, journal, lines } = await startSpool(t);
  for (const size of [5, 5, 6]) {
    put('backup.json', JSON.stringify({ id: '17', type: 'custom', data: { size } }));
    await waitFor('an empty folder', () => readdirSync(folder).length === 0);
  }
  assert.deepEqual(
    journal.list(9).map(({ event: { id, data } }) => [id, data]),
    [['spool:17', { size: 5 }]],
  );
  assert.match(lines.join('\n'), /^\S+backup\.json: spool:17 was sent before with other content; [^\n]*$/);
});

test('whoever does not know the token, the path or the form gets one line that says so, and no event', async (t) => {
  const { post, journal } = await startWebhook(t);
  const event = '{"type": "custom"}';
  assert.equal((await post(event, { token: 'guess' })).status, 401);
  assert.equal((await post(event, { path: '/more' })).status, 404);
  assert.equal((await post(event, { method: 'GET' })).status, 405);
  assert.equal((await post('x'.repeat(200_000))).status, 413);
  const { status, body } = await post('{"type": "cloud.spot.interrupt"}');
  assert.deepEqual([status, /expected custom/.test(body.error ?? '')], [400, true]);
  assert.equal(journal.list(10).length, 0);
  assert.equal((await post(event)).status, 202, 'and goes on');
});

test('a port that is taken is said once and asked for until it is free, and nothing else suffers', async (t) => {
  const holder = await startWebhook(t);
  const { sources } = defaultEvents();
  let retries = 0;
  const world = sourceContext(t, {
    clock: {
      ...systemClock,
      after(_delayMs, callback) {
        retries += 1;
        return systemClock.after(20, callback);
      },
    },
    eventsConfig: { sources: { ...sources, webhook: { enabled: true, port: holder.port, token: TOKEN } } },
  });
  const { health } = world.watch(webhook);
  await waitFor('three failures', () => retries >= 3 && health().status === 'failing');
  assert.match(world.lines.join('\n'), /^the webhook cannot listen at [^\n]*EADDRINUSE[^\n]*$/);
  await holder.end();
  await waitFor('the port', () => health().status === 'ok');
  assert.equal((await holder.post('{"type": "custom"}')).status, 202);
});

test('connections that never finish their request are ended before long, and others get their turn', async (t) => {
  const { port, post } = await startWebhook(t);
  const slow = Array.from({ length: 64 }, () => connect(port, '127.0.0.1'));
  const more = setInterval(() => {
    for (const socket of slow) if (socket.writable) socket.write('X: y\r\n');
  }, 200);
  t.after(() => {
    clearInterval(more);
    for (const socket of slow) socket.destroy();
  });
  for (const socket of slow) socket.on('error', () => {}).write('POST /events HTTP/1.1\r\nHost: x\r\n');
  await waitFor('all of them', () => slow.every(({ readyState }) => readyState === 'open'));
  const { status } = await waitFor('a turn', () => post('{"type": "custom"}').catch(() => undefined), 20_000);
  assert.equal(status, 202);
});
