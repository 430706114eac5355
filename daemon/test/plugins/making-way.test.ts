import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import { systemClock } from '../../src/clock.ts';
import { createCallQueue } from '../../src/plugins/runners/queue.ts';
import { inTurn } from '../../src/plugins/runners/turn.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { waitFor } from '../support/wait-for.ts';
import { SPOT_EVENT, shellPlugin, startHost, type TestHost } from './plugin-host.ts';

const EVENT = { ...SPOT_EVENT, deadline: '2026-01-01T00:00:10Z' };

for (const [what, more] of [
  ['a plugin', {}],
  ['a program that lives for one call', { process_model: 'oneshot' }],
] as const) {
  test(`${what} asleep in a command is ended for a notice that has 10 s, which it handles in time`, async (t) => {
    const plugin = shellPlugin(
      'slow',
      `cd; case $method in
        RunCommand) touch begun; while :; do sleep 1; done;;
        HandleEvent) echo '{"id":'$id',"result":{"handled":true}}';;
        *cancelRequest) ;;
        *) echo '{"id":'$id',"result":{}}';;
      esac`,
      { ...more, capabilities: ['run_command', 'handle_event'], events: { [EVENT.type]: {} } },
    );
    const { host, directory } = await startHost(t, [plugin]);
    const command = host.runCommand('slow', { command: 'wait', args: [] }, t.signal);
    const refused = assert.rejects(
      command,
      /slow did not answer RunCommand: interrupted: cloud\.spot\.interrupt came and/,
    );
    await waitFor('the command', () => existsSync(join(directory, 'state', 'plugin-state', 'slow', 'begun')));
    const handled = await host.handlers(EVENT.type)[0]?.handle(EVENT, 10_000, t.signal);
    assert.equal(handled?.handled, true);
    await refused;
  });
}

/** Does nothing any more once it is asked what it was told to hang in; `obeys`: until it is told that nobody waits. */
const hangs = (obeys: boolean) => `#!/usr/bin/env node
const { createInterface } = require('node:readline'), { writeFileSync } = require('node:fs');
let hangsIn, isStuck = false;
const answer = (id, result) => id !== undefined && console.log(JSON.stringify({ id, result }));
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (${obeys} && method === '$/cancelRequest') isStuck = answer(params.id, {}) && false;
  if (isStuck) return;
  if (method === 'RunCommand') [hangsIn] = params.args;
  isStuck = method === hangsIn;
  if (isStuck) hangsIn = writeFileSync(process.env.HOME + '/begun-' + method, '');
  else answer(id, { exit_code: 0, output: '', handled: true });
});`;

/** A host with such a plugin, and a notice of forty seconds that waits none of its eighth until others must make way. */
async function startHanging(t: TestContext, program: string, checkSeconds = 20) {
  let isCut = false;
  const after: typeof systemClock.after = (delayMs, callback) => {
    const isGrace = isCut && delayMs > 4_800 && delayMs < 5_000;
    isCut &&= !isGrace;
    return systemClock.after(isGrace ? 0 : delayMs, callback);
  };
  const plugin = {
    manifest: {
      name: 'p',
      exec: { command: './p.cjs' },
      capabilities: ['check_idle', 'handle_event', 'run_command', 'diagnose', 'health_check', 'configure'],
      events: { [EVENT.type]: {} },
      ...(checkSeconds === 20 && { health_interval_seconds: 0.2 }),
      timeouts: { check_seconds: checkSeconds },
    },
    files: { 'p.cjs': program },
  };
  const world = await startHost(t, [plugin], { clock: { ...systemClock, after } });
  const { host, directory } = world;
  const hasBegun = (method: string) => existsSync(join(directory, 'state', 'plugin-state', 'p', `begun-${method}`));
  const pid = () => host.list()[0]?.pid;
  return {
    ...world,
    pid,
    hangIn: (method: string) => host.runCommand('p', { command: 'hang', args: [method] }, t.signal),
    begun: (method: string) => waitFor(method, () => hasBegun(method)),
    async notice() {
      isCut = true;
      return await host.handlers(EVENT.type)[0]?.handle(EVENT, 39_900, t.signal);
    },
  };
}

const CALLS: Record<string, (world: TestHost, signal: AbortSignal) => Promise<unknown>> = {
  CheckIdle: ({ check }) => check(),
  HealthCheck: async () => {}, // by itself
  Diagnose: ({ host }, signal) => host.diagnose('p', [], signal).catch(() => {}),
  BeforeSnooze: ({ host }, signal) => host.beforeSnooze({ reason: '', idle_seconds: 0, action: 'stop' }, signal),
  AfterResume: ({ host }) => host.afterResume({ stopped_at: '', resumed_at: '', reason: '' }),
  Configure({ host, config }) {
    config.plugins.plugin_configs['p'] = { level: 2 };
    return host.reload();
  },
};

test('every other call makes way for a notice with a deadline, and the plugin that returns from it is not ended', async (t) => {
  const world = await startHanging(t, hangs(true));
  for (const [method, call] of Object.entries(CALLS)) {
    await world.hangIn(method);
    const over = call(world, t.signal);
    await world.begun(method);
    assert.equal((await world.notice())?.handled, true, method);
    await over;
  }
  assert.deepEqual(
    world.lines.filter(({ message }) => message.includes('it still did')),
    [],
  );
});

test('a plugin still at work on what was given up has its eighth to return, and is started again for the notice', async (t) => {
  const world = await startHanging(t, hangs(false), 0.2);
  const pid = world.pid();
  await world.hangIn('CheckIdle');
  assert.match((await world.check())[0]?.reason ?? '', /did not answer CheckIdle within 200 ms/);
  assert.equal((await world.notice())?.handled, true);
  assert.notEqual(world.pid(), pid);
});

test('a plugin that only never answers one method, and has answered another since, is not ended for a notice', async (t) => {
  const world = await startHanging(t, hangs(false).replace('if (isStuck) return;', ''), 0.2);
  const pid = world.pid();
  await world.hangIn('CheckIdle');
  await world.check();
  await world.hangIn('nothing');
  assert.deepEqual([(await world.notice())?.handled, world.pid()], [true, pid]);
});

test('model: an event with a deadline waits an eighth of its time for any other call, and no event is cut short', async () => {
  const call = fc.record({
    method: fc.constantFrom('RunCommand', 'CheckIdle', 'HandleEvent'),
    takesMs: fc.integer({ min: 1, max: 60_000 }),
  });
  const worlds = fc.record({
    calls: fc.array(call, { minLength: 1, maxLength: 6 }),
    seconds: fc.integer({ min: 1, max: 120 }),
    hurries: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(worlds, async ({ calls, seconds, hurries }) => {
      const clock = createFakeClock();
      const queue = createCallQueue(false);
      const startMs = clock.bootMs();
      let cut = 0;
      const others = calls.map(({ method, takesMs }) =>
        inTurn(queue, { instance: 'p', method, clock, options: { timeoutMs: 1e9 } }, async (_, { signal: way }) => {
          await new Promise<void>((resolve) => {
            clock.after(takesMs, resolve);
            way?.addEventListener('abort', () => resolve());
          });
          if (!way?.aborted) return;
          cut += 1;
          assert.notEqual(method, 'HandleEvent');
          throw new Error('it was told to');
        }).catch((error: Error) => assert.match(error.message, /interrupted: spot came and goes first$/)),
      );
      let begunMs: number | undefined;
      const options = { timeoutMs: seconds * 1000, urgency: 4, ...(hurries && { hurry: 'spot' }) };
      const notice = inTurn(queue, { instance: 'p', method: 'HandleEvent', clock, options }, async () => {
        begunMs = clock.bootMs() - startMs;
      }).catch(() => {});
      await clock.advance(1_000_000);
      await Promise.all([...others, notice]);
      const [first] = calls;
      const graceMs = Math.min(5000, seconds * 125);
      const isCut = hurries && first?.method !== 'HandleEvent' && Number(first?.takesMs) > graceMs;
      if (isCut) assert.equal(begunMs, graceMs);
      if (Number(first?.takesMs) !== graceMs) assert.equal(cut, isCut ? 1 : 0);
      assert.equal(clock.waiting(), 0);
    }),
    { numRuns: 100 },
  );
});
