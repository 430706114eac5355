import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { SnoozeEvent } from '../../src/events/event.ts';
import { createCallQueue } from '../../src/plugins/queue.ts';
import { inTurn } from '../../src/plugins/turn.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { waitFor } from '../support/wait-for.ts';
import { shellPlugin, startHost } from './plugin-host.ts';

const EVENT: SnoozeEvent = {
  id: 'e',
  type: 'cloud.spot.interrupt',
  source: 'test',
  timestamp: '',
  data: {},
  severity: 3,
  deadline: '2026-01-01T00:00:10Z',
};

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
