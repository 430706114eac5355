import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { killRun, nextRun } from '../../../src/plugins/sandbox/leftovers.ts';
import { processesWithEnvironment } from '../../support/processes.ts';
import { requires } from '../../support/requires.ts';
import { waitFor } from '../../support/wait-for.ts';

/** Goes on in a new process of a new session all the time; it ends by itself within minutes. */
const HOP = `import os, time
for _ in range(60_000):
    if os.fork():
        os._exit(0)
    os.setsid()
    time.sleep(0.002)
`;

test('what goes from one process and session to the next faster than all are looked at is killed', {
  skip: requires('python3'),
}, async () => {
  const run = nextRun();
  const left = () => processesWithEnvironment(`${run.name}=${run.value}`);
  const children = [1, 2, 3, 4].map(() =>
    spawn('python3', ['-c', HOP], { env: { [run.name]: run.value, PATH: process.env['PATH'] }, stdio: 'ignore' }),
  );
  await Promise.all(children.map((child) => once(child, 'exit')));
  await waitFor('the hops', () => left().length > 0);
  await killRun(run);
  await waitFor('their end', () => left().length === 0);
  // between two of its hops a single look may miss it
  for (let look = 0; look < 50; look++) assert.deepEqual(left(), []);
});
