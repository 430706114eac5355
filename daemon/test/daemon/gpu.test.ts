import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { QUIET, startDaemonProcess } from '../support/daemon-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const CONFIG = { ...QUIET, naptime_minutes: 30, gpu_threshold_percent: 5 };

/** A folder with an nvidia-smi that leaves a file `began` when it is run. */
function withNvidia(t: TestContext, script: string) {
  const directory = temporaryDirectory(t);
  const text = `#!/bin/sh\ntouch ${directory}/began\n${script}\n`;
  writeFileSync(join(directory, 'nvidia-smi'), text, { mode: 0o755 });
  return { directory, environment: { PATH: `${directory}:${process.env['PATH']}` } };
}

test('GPUs that are turned off are not asked; turned on by a reload they are', async (t) => {
  const { directory, environment } = withNvidia(t, 'echo "0, NVIDIA T4, 3, 1, 2"');
  const config = { ...CONFIG, gpu_monitoring_enabled: false };
  const daemon = await startDaemonProcess(t, { directory, environment, config });
  await waitFor('a round', async () => (await daemon.status()).checks.some(({ name }) => name === 'cpu'));
  assert.equal(existsSync(join(directory, 'began')), false);
  writeFileSync(daemon.configFile, JSON.stringify(CONFIG));
  daemon.child.kill('SIGHUP');
  const check = await waitFor('the GPU', async () => (await daemon.status()).checks.find(({ name }) => name === 'gpu'));
  assert.deepEqual([check.verdict, check.reason], ['idle', 'gpu 3 %, not over 5 % (gpu0 NVIDIA T4)']);
});

test('SIGTERM does not wait for an nvidia-smi that takes its time', async (t) => {
  const { directory, environment } = withNvidia(t, 'sleep 8; touch "$0.ended"');
  const daemon = await startDaemonProcess(t, { directory, environment, config: CONFIG });
  await waitFor('nvidia-smi', () => existsSync(join(directory, 'began')));
  assert.equal(await daemon.end('SIGTERM'), 0);
  assert.equal(existsSync(join(directory, 'nvidia-smi.ended')), false);
});
