import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext } from 'node:test';
import { checkIdle, initialize } from '../../test-support/host.ts';
import { type Talk, talk } from '../../test-support/talk.ts';

export const directory = new URL('..', import.meta.url).pathname;

/** Builds the monitor for the tests of one `describe`. */
export function kafkaMonitor() {
  const built = mkdtempSync(join(tmpdir(), 'snooze-kafka-'));
  const program = join(built, 'kafka-monitor');
  before(() => {
    const env = { ...process.env, GOTOOLCHAIN: 'local', GOPROXY: 'off' };
    const options = { cwd: directory, env, encoding: 'utf8' } as const;
    for (const args of [
      ['vet', '.'],
      ['build', '-trimpath', '-o', program, '.'],
    ]) {
      const { status, stderr } = spawnSync('go', args, options);
      assert.equal(status, 0, stderr);
    }
  });
  after(() => rmSync(built, { recursive: true }));

  return {
    program,
    async monitor(test: TestContext, config: Record<string, unknown>): Promise<Talk> {
      const plugin = talk(directory, { test, command: program });
      assert.equal((await initialize(plugin, config)).error, undefined);
      return plugin;
    },
    async reasonOf(plugin: Talk): Promise<string> {
      const { result, error } = await checkIdle(plugin);
      return `${result?.['is_idle'] === true ? 'idle' : 'busy'}: ${result?.['reason'] ?? error?.message}`;
    },
  };
}
