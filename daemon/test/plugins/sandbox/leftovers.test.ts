import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { type TestContext, test } from 'node:test';
import { killRun, nextRun } from '../../../src/plugins/sandbox/leftovers.ts';
import { requires } from '../../support/requires.ts';
import { waitFor } from '../../support/wait-for.ts';

const HOPS = 5_000;
/** Goes on in a new process of a new session all the time, and tells each on the pipe that all of them hold. */
const HOP = `import os, time
for _ in range(${HOPS}):
    if os.fork():
        os._exit(0)
    os.setsid()
    os.write(1, b".")
    time.sleep(0.002)
`;

test('what goes from one process and session to the next faster than all are looked at is killed', {
  skip: requires('python3'),
}, async (t) => {
  const run = nextRun();
  const env = { [run.name]: run.value, PATH: process.env['PATH'] };
  const chains = [1, 2, 3, 4].map(() => {
    const child = spawn('python3', ['-c', HOP], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let hops = 0;
    child.stdout.on('data', (told: Buffer) => (hops += told.length));
    return { hops: () => hops, ended: once(child.stdout, 'close') };
  });
  await waitFor('the hops', () => chains.every(({ hops }) => hops() > 5));
  putAside(t, 5);
  await killRun(run);
  // the pipe ends with the last process that holds it
  await Promise.all(chains.map(({ ended }) => ended));
  for (const { hops } of chains) assert.ok(hops() < HOPS, 'it went on until it had nothing left to do');
});

/** As on a busy machine: this process stands still so many times, between a list of all processes and a look at them. */
function putAside(t: TestContext, times: number): void {
  const { readdirSync } = fs;
  const listing = t.mock.method(fs, 'readdirSync', (path: string) => {
    const found = readdirSync(path);
    if (listing.mock.callCount() < times) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    return found;
  });
  syncBuiltinESMExports();
  t.after(() => {
    listing.mock.restore();
    syncBuiltinESMExports();
  });
}
