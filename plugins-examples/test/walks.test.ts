/** Whoever types what docs/plugins.md says, from nothing, ends with a plugin that runs. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { QUIET, startDaemonProcess } from '../../daemon/test/support/daemon-process.ts';
import { requires } from '../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../daemon/test/support/temporary-directory.ts';
import { waitFor } from '../../daemon/test/support/wait-for.ts';
import { readBlocks, walkScript } from '../test-support/documentation.ts';

const root = new URL('../..', import.meta.url).pathname;
const blocks = readBlocks(join(root, 'docs/plugins.md'));

/** Types a walk in an empty folder; the page's folder of jobs lies in it. */
async function walk(name: string, directory: string, socket: string): Promise<string> {
  const script = walkScript(blocks, name)
    .replaceAll('/var/tmp/jobs', join(directory, 'jobs'))
    .replaceAll('snooze plugin install .', 'snooze plugin install . --yes');
  const env = { ...process.env, PATH: `${root}cli/bin:${process.env['PATH']}`, SNOOZE_SOCKET: socket, GOPROXY: 'off' };
  const child = spawn('sh', ['-e'], { cwd: directory, env, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  child.stdin.end(script);
  const [code] = await once(child, 'close');
  assert.equal(code, 0, said);
  return said;
}

describe('a walk through docs/plugins.md', { concurrency: 2 }, () => {
  const walks = [
    { name: 'python', needs: 'python3', plugin: 'queue-monitor', reason: '1 jobs wait, limit 3' },
    { name: 'go', needs: 'go', plugin: 'job-watch', reason: '0 jobs wait, limit 0' },
  ];
  for (const { name, needs, plugin, reason } of walks) {
    it(`in ${name} ends with a plugin that runs`, { skip: requires(needs) }, async (test) => {
      // Go's own libraries need not be compiled anew for it
      const GOCACHE = process.env['GOCACHE'] ?? join(homedir(), '.cache', 'go-build');
      const daemon = await startDaemonProcess(test, {
        config: { ...QUIET, naptime_minutes: 60 },
        environment: { GOCACHE },
      });
      const said = await walk(name, temporaryDirectory(test), daemon.socket);
      assert.equal(said.match(/^ok: all \d+ requirements that were tried hold$/gm)?.length, 2);
      assert.match(said, new RegExp(`^ok: ${plugin} 1\\.0\\.0: `, 'm'));
      assert.match(said, new RegExp(`^ok: ${plugin} running · idle · 0 jobs wait, limit 0 · `, 'm'));
      const seen = await waitFor(`"${reason}"`, async () =>
        (await daemon.client.call('plugin.list', {})).find((each) => each.reason === reason),
      );
      assert.deepEqual([seen.instance, seen.state, seen.verdict], [plugin, 'running', 'idle']);
    });
  }
});
