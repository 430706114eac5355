import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { checkMonitor } from '../../src/idle/monitor-check.ts';
import { openHostFiles } from '../../src/monitors/host-files.ts';
import { input } from '../../src/monitors/input.ts';
import { requires } from '../support/requires.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { hostOfFiles, inWords } from './host-of-files.ts';

const skip = requires('python3');
const HOLD_TERMINAL = 'import os, pty, sys; print(os.ttyname(pty.openpty()[1]), flush=True); sys.stdin.read()';
const DEVPTS = { 'dev/pts/ptmx': '' };

/** A real pseudo-terminal that is there until the test ends; the kernel keeps its times as it does for a shell. */
async function realTerminal(t: TestContext): Promise<string> {
  const holder = spawn('python3', ['-c', HOLD_TERMINAL], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => holder.kill('SIGKILL'));
  const [name] = await once(createInterface(holder.stdout), 'line');
  return String(name);
}

/** A host with one terminal that was used `agoMs` ago by the clock of the test. */
async function hostWithTerminal(t: TestContext, agoMs: number) {
  const device = await realTerminal(t);
  const host = hostOfFiles(t, input, { ...DEVPTS, 'dev/pts/0': `-> ${device}` });
  const use = (offsetMs = 0) => {
    const seconds = (host.clock.wallMs() + offsetMs) / 1000;
    utimesSync(device, seconds, seconds);
  };
  use(-agoMs);
  return { ...host, use };
}

test('a headless host where nobody is logged in is idle from its boot on, and says so', async (t) => {
  const { sample, clock } = hostOfFiles(t, input, DEVPTS);
  const reading = await sample();
  assert.ok(reading);
  const settings = { threshold: clock.bootMs() / 1000 + 900, onError: 'busy', bootMs: 0, tookMs: 0 } as const;
  const { verdict, value, reason } = checkMonitor(input, reading, settings);
  assert.deepEqual([verdict, value, reason], ['idle', clock.bootMs() / 1000, 'input: nobody is logged in']);
});

test('a host whose terminals cannot be seen is unknown, because somebody may sit at one', async (t) => {
  const { sample } = hostOfFiles(t, input, { 'dev/pts/': '' });
  assert.equal(inWords(await sample()), 'failed: the terminals of this host cannot be seen: /dev/pts is empty');
});

test('a logout does not forget when that terminal was used last', { skip }, async (t) => {
  const host = await hostWithTerminal(t, 60_000);
  assert.deepEqual(await host.sample(), { status: 'measured', value: 60, detail: 'terminal pts/0' });
  host.remove('dev/pts/0');
  await host.clock.advance(10_000);
  assert.deepEqual(await host.sample(), { status: 'measured', value: 70, detail: 'terminal pts/0, closed since' });
});

test('what snoozed itself writes on a terminal is no input; what a program writes there is', { skip }, async (t) => {
  const device = await realTerminal(t);
  utimesSync(device, 1_000_000, 1_000_000);
  chmodSync(device, 0o620);
  const root = temporaryDirectory(t);
  mkdirSync(join(root, 'pts'));
  symlinkSync(device, join(root, 'pts', '0'));
  const files = openHostFiles({ devRoot: root });
  const before = files.terminalTimes('pts/0');
  assert.equal(files.tellTerminal('pts/0', 'taken away'), true);
  assert.notEqual(statSync(device).mtimeMs, before?.mtimeMs, 'the kernel counts it');
  assert.deepEqual(files.terminalTimes('pts/0'), before);
  utimesSync(device, 1_000_000, 2_000_000);
  assert.equal(files.terminalTimes('pts/0')?.mtimeMs, 2_000_000_000);
});

test('a wall clock that jumps, either way, adds no idle time and takes none', { skip }, async (t) => {
  const host = await hostWithTerminal(t, 60_000);
  assert.equal(inWords(await host.sample()), 'measured 60');
  for (const [jumpMs, value] of [
    [3_600_000, 70],
    [-7_200_000, 80],
  ] as const) {
    host.clock.jumpWall(jumpMs);
    await host.clock.advance(10_000);
    assert.equal(inWords(await host.sample()), `measured ${value}`);
  }
});

test('a terminal that is used after the clock was set back is in use now', { skip }, async (t) => {
  const host = await hostWithTerminal(t, 60_000);
  await host.sample();
  host.clock.jumpWall(-7_200_000);
  host.use();
  await host.clock.advance(10_000);
  assert.equal(inWords(await host.sample()), 'measured 0');
  await host.clock.advance(10_000);
  assert.equal(inWords(await host.sample()), 'measured 10');
});

test('at the first look a time in the future is now, and one before the boot is the boot', { skip }, async (t) => {
  const future = await hostWithTerminal(t, -3_600_000);
  assert.equal(inWords(await future.sample()), 'measured 0');
  const old = await hostWithTerminal(t, 365 * 86_400_000);
  assert.equal(inWords(await old.sample()), `measured ${old.clock.bootMs() / 1000}`);
});

test('a key on a USB keyboard is input, on a host where nobody has a terminal', async (t) => {
  const device = 'devices/pci0000:00/0000:00:04.0/usb1/1-1';
  const event = `${device}/1-1:1.0/0003:0627:0001.0001/input/input2/event1`;
  const host = hostOfFiles(t, input, {
    ...DEVPTS,
    [`sys/${event}/`]: '',
    [`sys/${device}/urbnum`]: '15\n',
    'sys/class/input/event1': `-> ../../${event}`,
  });
  await host.sample();
  const typed = await host.next(`sys/${device}/urbnum`, '17\n');
  assert.deepEqual(typed, { status: 'measured', value: 0, detail: 'keyboard or mouse' });
  await host.clock.advance(10_000);
  assert.equal(inWords(await host.sample()), 'measured 10');
});
