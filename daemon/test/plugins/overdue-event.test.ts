import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFakeClock } from '../support/fake-clock.ts';
import { waitFor } from '../support/wait-for.ts';
import { SPOT_EVENT, shellPlugin, startHost, type TestPlugin } from './plugin-host.ts';

const HANDLES = { capabilities: ['check_idle', 'handle_event'], events: { [SPOT_EVENT.type]: {} } };
const answer = (result: string) => `echo '{"id":'$id',"result":${result}}'`;
/** Handles an event when there is a file `go`: at once where it bears one request, in the background where several. */
const shell = (name: string, how: (handling: string) => string, more: Record<string, unknown> = {}): TestPlugin =>
  shellPlugin(
    name,
    `cd; case $method in
      HandleEvent) touch begun; ${how(`while [ ! -e go ]; do sleep 0.02; done; ${answer('{"handled":true}')}`)};;
      CheckIdle) ${answer('{"is_idle":true,"reason":"quiet"}')};;
      *cancelRequest) ;;
      *) ${answer('{}')};;
    esac`,
    { ...HANDLES, ...more },
  );
const threaded: TestPlugin = {
  manifest: { name: 'slow', type: 'native', isolation: 'worker', module: 'slow.mjs', ...HANDLES },
  files: {
    'slow.mjs': `import { existsSync, writeFileSync } from 'node:fs';
      let home;
      export const plugin = {
        initialize({ stateDirectory }) { home = stateDirectory; },
        handleEvent() { writeFileSync(home + '/begun', ''); while (!existsSync(home + '/go')); return { handled: true }; },
      };`,
  },
};

/** Gives it the event, and takes it back once it has begun with it. */
async function takeBack(t: Parameters<typeof startHost>[0], plugin: TestPlugin, reason?: unknown) {
  const clock = createFakeClock();
  const world = await startHost(t, [plugin], { clock });
  const home = join(world.directory, 'state', 'plugin-state', 'slow');
  const taken = new AbortController();
  const handler = world.host.handlers(SPOT_EVENT.type)[0];
  const handled = handler?.handle(SPOT_EVENT, 60_000, taken.signal);
  await waitFor('the event to arrive', () => existsSync(join(home, 'begun')));
  taken.abort(reason);
  const rejected = assert.rejects(async () => await handled);
  return { ...world, rejected, clock, go: () => writeFileSync(join(home, 'go'), ''), one: () => world.host.list()[0] };
}

for (const [what, plugin] of [
  ['a plugin', shell('slow', (handling) => handling)],
  ['a concurrent plugin', shell('slow', (handling) => `(${handling}) &`, { concurrent: true })],
  ['a thread', threaded],
] as const) {
  test(`${what} that still handles an event 5 s after it was taken back is ended, and free for the next one`, async (t) => {
    const { clock, go, host, history, one, rejected } = await takeBack(t, plugin);
    await clock.advance(4_900);
    assert.equal(one()?.state, 'running');
    await clock.advance(200);
    const told = /was ended: it still handled an event 5 s after nobody waited for it/;
    await waitFor('its end', async () => {
      await clock.advance(100); // what its sandbox keeps alive is killed 2 s later
      return history.some((entry) => told.test(JSON.stringify(entry)));
    });
    await rejected;
    go();
    const next = await host.handlers(SPOT_EVENT.type)[0]?.handle(SPOT_EVENT, 60_000, new AbortController().signal);
    assert.deepEqual(next?.handled, true);
  });
}

test('a plugin that has to make way for what is more urgent has as long to return as that can spare', async (t) => {
  const way = new AbortController();
  const { clock, history, rejected } = await takeBack(
    t,
    shell('slow', (handling) => handling),
    { way: way.signal },
  );
  await clock.advance(4000);
  way.abort({ graceMs: 500 });
  await clock.advance(510);
  const told = /was ended: it still handled an event 0\.5 s after nobody waited for it/;
  await waitFor('its end', async () => {
    await clock.advance(100); // what its sandbox keeps alive is killed 2 s later
    return history.some((entry) => told.test(JSON.stringify(entry)));
  });
  await rejected;
});

test('a plugin that returns within that time is left alone', async (t) => {
  const { clock, go, host, one, rejected } = await takeBack(
    t,
    shell('slow', (handling) => handling),
  );
  go();
  const late = async () => (await host.details('slow')).statistics.faults['late-answer'] === 1;
  await waitFor('its late answer', late);
  await rejected;
  await clock.advance(10_000);
  assert.deepEqual([one()?.state, one()?.restarts], ['running', 0]);
});
