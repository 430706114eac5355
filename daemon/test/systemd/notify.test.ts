import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { openNotify, watchdogMs } from '../../src/systemd/notify.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { requires } from '../support/requires.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { waitFor } from '../support/wait-for.ts';

const skip = requires('python3') || (process.platform !== 'linux' && 'sd_notify is Linux only');

/** Node cannot listen on a Unix datagram socket: Python stands where systemd does and prints what it is told. */
async function startListener(t: TestContext, path: string): Promise<string[]> {
  const program = [
    'import socket, sys',
    's = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)',
    's.bind(sys.argv[1].replace("@", "\\0"))',
    'print("listening", flush=True)',
    'while True: print(repr(s.recv(4096).decode()), flush=True)',
  ].join('\n');
  const child = spawn('python3', ['-c', program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  t.after(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await waitFor('the listener', () => lines.shift() === 'listening');
  return lines;
}

function quietLog(): { lines: string[]; log: Parameters<typeof openNotify>[2] } {
  const lines: string[] = [];
  const keep = (_: object, message: string) => void lines.push(message);
  return { lines, log: { debug: keep, info: keep, warn: keep, error: keep } };
}

for (const kind of ['a path', 'an abstract name'] as const) {
  test(`systemd hears of each step on ${kind}`, { skip }, async (t) => {
    const path = kind === 'a path' ? join(temporaryDirectory(t), 'notify') : `@snooze-test-${process.pid}`;
    const heard = await startListener(t, path);
    const notify = openNotify({ NOTIFY_SOCKET: path }, createFakeClock(), quietLog().log);
    notify.ready();
    notify.status('idle, may stop\nin 3 min');
    notify.stopping();
    notify.close();
    await waitFor('three messages', () => heard.length === 3);
    assert.deepEqual(heard, ["'READY=1'", "'STATUS=idle, may stop in 3 min'", "'STOPPING=1'"]);
  });
}

test('the watchdog is beaten at half its time until the notifier is closed', { skip }, async (t) => {
  const path = join(temporaryDirectory(t), 'notify');
  const heard = await startListener(t, path);
  const clock = createFakeClock();
  const notify = openNotify({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '60000000' }, clock, quietLog().log);
  await clock.advance(60_000);
  await waitFor('the first beat and one each half minute', () => heard.length === 3);
  notify.close();
  assert.equal(clock.waiting(), 0);
});

test('a watchdog of another process, or none, is not ours to beat', () => {
  assert.equal(watchdogMs({ WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' }), undefined);
  assert.equal(watchdogMs({}), undefined);
  assert.equal(watchdogMs({ WATCHDOG_USEC: '2000000', WATCHDOG_PID: String(process.pid) }), 1000);
});

test('outside systemd nothing is sent and nothing is said', () => {
  const { log, lines } = quietLog();
  const notify = openNotify({}, createFakeClock(), log);
  notify.ready();
  notify.close();
  assert.deepEqual(lines, []);
});

test('a socket that is not there, or whose path is too long, is logged and the daemon goes on', (t) => {
  for (const path of [join(temporaryDirectory(t), 'absent'), `/${'x'.repeat(200)}`]) {
    const { log, lines } = quietLog();
    openNotify({ NOTIFY_SOCKET: path }, createFakeClock(), log).ready();
    assert.equal(existsSync(path), false);
    assert.match(lines.join(), /^NOTIFY_SOCKET .* cannot be used: /);
    assert.equal(lines.length, 1);
  }
});
