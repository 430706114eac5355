import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Status } from '../../src/control/api.ts';
import { type DaemonProcess, QUIET, startDaemonProcess, writePlugin } from '../support/daemon-process.ts';
import { isRunning, processesWithEnvironment } from '../support/processes.ts';
import { requires } from '../support/requires.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const ATTACKS = new URL('attacks/', import.meta.url).pathname;
const MOST_GROWTH_KIB = 20 * 1024;
const ROUNDS = 2;
/** What is said once for each start; the pauses between the starts double. */
const MOST_STARTS = 5;
/** Of one plugin: a minute's worth for each start. */
const MOST_LINES = 70 * MOST_STARTS;
const NO_ANSWER = /did not answer CheckIdle within 300 ms/;
/** The flood is read in time, or not. */
const FLOODED = /^flooded$|did not answer CheckIdle/;
const NO_START = /did not answer Initialize within 500 ms/;
const DROPPED = /more than 60 lines or 16 KiB in a minute; the rest of it is dropped/;
const skip = requires('python3');

/** Idle, and its reason is how often it was asked. */
const GOOD = `#!/bin/sh
round=0
while read -r line; do
  id=\${line#*'"id":'}; id=\${id%%[!0-9]*}; round=$((round+1))
  echo '{"id":'"$id"',"result":{"is_idle":true,"reason":"'"$round"'"}}'
done
`;

/** On a machine with much to do a flood needs its time to begin. */
const patient = { manifest: { timeouts: { check_seconds: 1.5, start_seconds: 20 } } };

const permitted = (method: string) => ({ manifest: { ...patient.manifest, permissions: { host: [method] } } });

type Sandbox = 'auto' | 'off';

type Attack = {
  program: string;
  /** What is shown as its reason, sooner or later. */
  reason: RegExp;
  /** What the log says of it, once for each start. */
  log?: RegExp;
  manifest?: Record<string, unknown>;
};

/** All of a group attack one daemon at the same time. */
const GROUPS: Record<string, Attack[]> = {
  'die, lie, fall silent or eat the machine': [
    { program: 'exit-at-once.sh', reason: /ended with exit code 0/ },
    { program: 'crash-in-answer.py', reason: /was ended by SIGABRT/ },
    { program: 'start-slowly.sh', reason: NO_START, manifest: { timeouts: { start_seconds: 0.5 } } },
    { program: 'hang.sh', reason: NO_START, manifest: { timeouts: { start_seconds: 0.5 } } },
    { program: 'lie.py', reason: /^the truth$/, log: /an answer to no open request/ },
    { program: 'half-message.sh', reason: NO_ANSWER },
    { program: 'close-stdout.py', reason: NO_ANSWER },
    { program: 'leave-group.py', reason: /^alone$/ },
    { program: 'eat-cpu.sh', reason: NO_ANSWER },
    {
      program: 'eat-memory.py',
      reason: /MemoryError|ended/,
      log: /64 MB that resources.memory_mb of its manifest gives it/,
      manifest: { resources: { memory_mb: 64 } },
    },
  ],
  'write 100 MB of garbage': [
    {
      program: 'flood-garbage.py',
      reason: FLOODED,
      log: /on its standard output: not a message: "progress/,
      ...patient,
    },
  ],
  'write 100 MB of messages': [{ program: 'flood-messages.py', reason: FLOODED, log: DROPPED, ...patient }],
  'write 1 GB of long messages': [{ program: 'flood-long.py', reason: FLOODED, log: DROPPED, ...patient }],
  'put 100 MB on the host': [
    { program: 'flood-files.py', reason: FLOODED, ...permitted('Host.Files.*') },
    { program: 'flood-values.py', reason: FLOODED, ...permitted('Host.KV.*') },
  ],
  'write 100 MB to their log': [{ program: 'flood-stderr.py', reason: FLOODED, log: DROPPED, ...patient }],
  'write a line of 50 MB': [
    {
      program: 'long-line.py',
      reason: /was ended: it sent a message of more than \d+ bytes/,
      log: /on its standard output: a message of more than \d+ bytes/,
    },
  ],
};

// each in a daemon of its own, and mostly they wait
describe('plugins that', { concurrency: true }, () => {
  for (const [what, attacks] of Object.entries(GROUPS)) {
    test(`${what} hurt neither the daemon nor their neighbour, and leave nothing behind`, {
      skip,
    }, async (t) => {
      const daemon = await startHost(t, attacks);
      const beforeKib = residentKib(daemon.child.pid);
      const firstRound = roundsOf(await daemon.status());
      const seen = new Set<Attack>();
      let mostKib = beforeKib;
      await reconfigure(daemon, ['good', ...attacks.map(nameOf)]);
      await waitFor('the reason of each', async () => {
        const { checks } = await daemon.status();
        mostKib = Math.max(mostKib, residentKib(daemon.child.pid));
        for (const attack of attacks)
          if (checks.some(({ name, reason }) => name === nameOf(attack) && attack.reason.test(reason)))
            seen.add(attack);
        const silent = attacks.filter((attack) => !isInLog(daemon, attack));
        return seen.size === attacks.length && silent.length === 0;
      }).catch((error: unknown) => {
        const silent = attacks.filter((attack) => !seen.has(attack)).map(nameOf);
        const log = attacks.flatMap((attack) =>
          linesOf(daemon, nameOf(attack))
            .slice(0, 5)
            .map((line) => line.slice(0, 200)),
        );
        throw new Error(`without their reason: ${silent.join()}; in the log: ${log.join('\n')}`, { cause: error });
      });
      await waitForRounds(daemon, firstRound + ROUNDS);
      assert.ok(mostKib - beforeKib < MOST_GROWTH_KIB, `the daemon grew by ${mostKib - beforeKib} KiB`);
      for (const attack of attacks) {
        const lines = linesOf(daemon, nameOf(attack));
        assert.ok(lines.length < MOST_LINES, `${nameOf(attack)} has ${lines.length} lines in the log`);
        const { log } = attack;
        if (log) assert.ok(lines.filter((line) => log.test(line)).length <= MOST_STARTS, lines.join('\n'));
      }
      assert.equal(await daemon.end('SIGTERM'), 0);
      for (const attack of attacks)
        await waitFor(`the end of ${attack.program}`, () => processesOf(daemon, nameOf(attack)).length === 0);
    });
  }
});

test('a plugin whose folder is taken away while it runs can be ended, and nobody else is hurt', { skip }, async (t) => {
  const daemon = await startHost(t, [{ program: 'lie.py' }]);
  await reconfigure(daemon, ['good', 'lie']);
  await waitFor('its answer', async () => (await daemon.status()).checks.some(({ reason }) => reason === 'the truth'));
  rmSync(join(daemon.directory, 'plugins', 'lie'), { recursive: true });
  await waitForRounds(daemon, roundsOf(await daemon.status()) + ROUNDS);
  await reconfigure(daemon, ['good']);
  await waitFor('its end', () => processesOf(daemon, 'lie').length === 0);
  await waitForRounds(daemon, roundsOf(await daemon.status()) + 1);
});

for (const sandbox of ['auto', 'off'] as const) {
  test(`kill -9 of the daemon ends what has left its process group, with plugins.sandbox ${sandbox}`, {
    skip,
  }, async (t) => {
    const daemon = await startHost(t, [{ program: 'leave-group.py' }], sandbox);
    await reconfigure(daemon, ['good', 'leave-group'], sandbox);
    await waitFor('its answer', async () => (await daemon.status()).checks.some(({ reason }) => reason === 'alone'));
    await waitFor('its grandchild', () => processesOf(daemon, 'leave-group').length >= 2);
    await daemon.end('SIGKILL');
    await waitFor('the end of all', () => processesOf(daemon, 'leave-group').length === 0);
  });
}

test('without a sandbox, which is said once, a plugin that ends leaves nothing behind', { skip }, async (t) => {
  const daemon = await startHost(t, [{ program: 'leave-group.py' }], 'off');
  await reconfigure(daemon, ['good', 'leave-group'], 'off');
  await waitFor('its grandchild', () => processesOf(daemon, 'leave-group').length >= 2);
  const all = processesOf(daemon, 'leave-group');
  const { pid } = (await daemon.status()).plugins.find(({ instance }) => instance === 'leave-group') ?? {};
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  await waitFor('the end of its grandchild', () => !all.some(isRunning));
  const again = await waitFor('its restart', async () =>
    (await daemon.status()).plugins.find((plugin) => plugin.instance === 'leave-group' && plugin.restarts === 1),
  );
  assert.equal(again.unconfined, 'plugins.sandbox is "off"');
  const warnings = linesOf(daemon, 'leave-group').filter((line) => line.includes("all rights of the daemon's user"));
  assert.equal(warnings.length, 1, 'it is said once, and not with each restart');
});

const nameOf = ({ program }: { program: string }) => program.replace(/\..*/, '');
/** Those of this daemon alone: the same test may run beside this one. */
const processesOf = ({ directory }: DaemonProcess, name: string) =>
  processesWithEnvironment(`HOME=${join(directory, 'plugin-state', name)}`);

/** A daemon with the good plugin at work, and the attacks in its plugins' folder. */
async function startHost(
  t: TestContext,
  attacks: readonly Pick<Attack, 'program' | 'manifest'>[],
  sandbox: Sandbox = 'auto',
): Promise<DaemonProcess> {
  const directory = temporaryDirectory(t);
  const plugins = join(directory, 'plugins');
  writePlugin(plugins, { name: 'good', exec: { command: './good.sh' } }, { 'good.sh': GOOD });
  for (const { program, manifest } of attacks) {
    const name = nameOf({ program });
    const text = readFileSync(join(ATTACKS, program), 'utf8');
    const exec = program.endsWith('.py') ? { command: 'python3', args: [program] } : { command: `./${program}` };
    const timeouts = { check_seconds: 0.3, start_seconds: 20 };
    writePlugin(plugins, { name, exec, timeouts, ...manifest }, { [program]: text });
  }
  const daemon = await startDaemonProcess(t, {
    directory,
    config: configOf(['good'], sandbox),
    environment: { PATH: '/usr/bin:/bin' },
  });
  await waitForRounds(daemon, ROUNDS);
  return daemon;
}

const configOf = (names: readonly string[], sandbox: Sandbox) => ({
  ...QUIET,
  naptime_minutes: 30,
  plugins: { sandbox, plugin_configs: Object.fromEntries(names.map((name) => [name, {}])) },
});

async function reconfigure(daemon: DaemonProcess, names: readonly string[], sandbox: Sandbox = 'auto'): Promise<void> {
  writeFileSync(daemon.configFile, JSON.stringify(configOf(names, sandbox)));
  await daemon.client.call('config.reload', {});
}

/** How often the good plugin has been asked; it counts. */
const roundsOf = (status: Status) => Number(status.checks.find(({ name }) => name === 'good')?.reason) || 0;

async function waitForRounds(daemon: DaemonProcess, rounds: number): Promise<void> {
  await waitFor(`${rounds} answers of the good plugin`, async () => roundsOf(await daemon.status()) >= rounds);
}

function isInLog(daemon: DaemonProcess, attack: Attack): boolean {
  return attack.log === undefined || linesOf(daemon, nameOf(attack)).some((line) => attack.log?.test(line));
}

function residentKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** What the log says about a plugin; each line is JSON, the last of them perhaps not there in full yet. */
function linesOf(daemon: DaemonProcess, plugin: string): string[] {
  const lines = daemon.output().split('\n').slice(0, -1);
  return lines
    .map((line) => JSON.parse(line))
    .filter((line) => line.plugin === plugin)
    .map(({ msg }) => String(msg));
}
