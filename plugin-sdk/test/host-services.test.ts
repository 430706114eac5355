/** Every SDK asks the daemon itself for everything that a plugin may ask for, from inside its sandbox. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { SentEvent } from '../../daemon/src/events/intake.ts';
import { createLeases } from '../../daemon/src/idle/leases.ts';
import { startHost } from '../../daemon/test/plugins/plugin-host.ts';
import { openForTest } from '../../daemon/test/store/open-for-test.ts';
import { requires } from '../../daemon/test/support/requires.ts';

const sdk = new URL('..', import.meta.url).pathname;
const built = mkdtempSync(join(tmpdir(), 'snooze-tortoise-'));
after(() => rmSync(built, { recursive: true, force: true }));

const languages = {
  TypeScript: {
    skip: false,
    exec: { command: process.execPath, args: [join(sdk, 'typescript/test/fixtures/tortoise.ts')] },
    read: [join(sdk, 'typescript')],
    files: {},
  },
  Python: {
    skip: requires('python3'),
    exec: { command: 'python3', args: ['tortoise.py'] },
    read: [],
    files: { 'tortoise.py': readFileSync(join(sdk, 'python/tests/tortoise.py'), 'utf8') },
  },
  Go: { skip: requires('go'), exec: { command: join(built, 'tortoise') }, read: [built], files: {} },
} as const;

describe('the daemon answers what a plugin asks', () => {
  for (const [language, { skip, exec, read, files }] of Object.entries(languages))
    it(`P-60 in ${language}`, { skip }, async (test) => {
      if (language === 'Go') {
        const env = { ...process.env, GOTOOLCHAIN: 'local', GOPROXY: 'off' };
        const args = ['build', '-o', join(built, 'tortoise'), './testdata/tortoise'];
        assert.equal(spawnSync('go', args, { cwd: join(sdk, 'go'), env }).status, 0);
      }
      const store = openForTest(test);
      const events: SentEvent[] = [];
      const emit = async (event: SentEvent) => `event-${events.push(event)}`;
      const permissions = { host: ['Host.*'], read: [...read] };
      const resources = { memory_mb: 1024 }; // Node sets aside far more memory than it uses
      const manifest = { name: 'tortoise', exec, permissions, resources, events: { 'custom.ask': {} } };
      const services = { keyValue: store.keyValue, leases: createLeases(), emit };
      const { host, lines } = await startHost(test, [{ manifest, files }], { services });
      const [handler] = host.handlers('custom.ask');
      const event = {
        id: 'e-1',
        type: 'custom.ask',
        source: 'test',
        timestamp: '2026-11-20T08:20:00Z',
        data: {},
        severity: 0 as const,
        deadline: null,
      };
      const outcome = await handler?.handle(event, 20_000, new AbortController().signal);
      assert.deepEqual(outcome, { handled: true, result: { shell: 'hard', event: 'event-1', leaf: 'green' } });
      assert.deepEqual(events[0]?.data, { n: 1 });
      assert.ok(lines.some(({ message }) => message.includes('asking')));
    });
});
