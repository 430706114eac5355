import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startFakeDaemon } from '../support/fake-daemon.ts';
import { runCli } from '../support/run-cli.ts';

const entry = {
  id: 1,
  at: '2026-11-20T14:00:00.000Z',
  kind: 'veto' as const,
  cause: 'plugin redis',
  summary: 'no',
  details: { a: 1 },
};

describe('snooze history', () => {
  it('asks for as many entries as are wanted', async (test) => {
    const { socket, calls } = await startFakeDaemon(test, {
      'history.list': ({ limit, before }) => (limit === 1 || before !== undefined ? [] : [entry]),
    });
    const run = async (...typed: string[]) => (await runCli(['history', ...typed], { socket })).stdout;
    assert.match(await run(), /\n2026-11-20 14:00:00 {2}veto {2}plugin redis {2}no\n$/);
    assert.equal(await run('--limit', '1'), 'nothing has been decided yet\n');
    assert.deepEqual(JSON.parse(await run('--limit', '2', '--json')), [entry]);
    assert.deepEqual(
      calls.map(({ params }) => params),
      [{ limit: 20 }, { limit: 19, before: 1 }, { limit: 1 }, { limit: 2 }, { limit: 1, before: 1 }],
    );
  });

  it('asks for one kind alone, and says where there is none of it', async (test) => {
    const { socket, calls } = await startFakeDaemon(test, { 'history.list': () => [] });
    const { stdout } = await runCli(['history', '--kind', 'snooze'], { socket });
    assert.equal(stdout, 'nothing of the kind snooze yet\n');
    assert.deepEqual(calls[0]?.params, { limit: 20, kind: 'snooze' });
  });
});
