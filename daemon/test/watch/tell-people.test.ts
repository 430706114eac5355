import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { rfc3339 } from '../../src/clock.ts';
import type { SnoozeEvent } from '../../src/events/event.ts';
import { openHostFiles } from '../../src/monitors/host-files.ts';
import { messageFor, tellPeople } from '../../src/watch/tell-people.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { requires } from '../support/requires.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const skip = requires('python3');

/** Names its terminal; stops it if told to; then prints what was written there, up to the end of its input. */
const TERMINAL = `import os, pty, sys, termios
master, slave = pty.openpty()
os.fchmod(slave, int(sys.argv[1], 8))
if sys.argv[2] == "stopped": termios.tcflow(slave, termios.TCOOFF)
print(os.ttyname(slave), flush=True)
sys.stdin.read()
termios.tcflow(slave, termios.TCOON)
os.write(slave, b"#")
seen = b""
while not seen.endswith(b"#"): seen += os.read(master, 4096)
print(seen[:-1].decode().replace("\\a", "BEEP ").replace("\\r", "").replace("\\n", "|"), flush=True)
`;

/** A real pseudo-terminal; `seen` ends it and gives all that was written to it. */
async function terminal(t: TestContext, mode: string, state: 'open' | 'stopped' = 'open') {
  const holder = spawn('python3', ['-c', TERMINAL, mode, state], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => holder.kill('SIGKILL'));
  const lines = createInterface(holder.stdout)[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  const device = await next();
  return {
    device,
    seen() {
      holder.stdin.end();
      return next();
    },
  };
}

/** Somebody's host: a /dev with these terminals, and what is told there of an event. */
function hostWith(t: TestContext, terminals: readonly { device: string }[]) {
  const devRoot = temporaryDirectory(t);
  mkdirSync(join(devRoot, 'pts'));
  for (const [index, { device }] of terminals.entries()) symlinkSync(device, join(devRoot, 'pts', String(index)));
  const clock = createFakeClock();
  const lines: string[] = [];
  const note = (_fields: object, line: string) => void lines.push(line);
  const log = { debug: note, info: note, warn: note, error: note };
  const tell = (change: Partial<SnoozeEvent> = {}, wanted = true) =>
    tellPeople(
      {
        id: 'spot-1',
        type: 'cloud.spot.interrupt',
        source: 'ec2-spot',
        timestamp: rfc3339(clock.wallMs()),
        data: {},
        severity: 3,
        deadline: rfc3339(clock.wallMs() + 120_000),
        ...change,
      },
      { files: openHostFiles({ devRoot }), wanted: () => wanted, clock, log },
    );
  return { devRoot, clock, lines, tell };
}

test('who takes messages reads what comes, when and what to type; who does not reads nothing', { skip }, async (t) => {
  const [open, closed] = [await terminal(t, '620'), await terminal(t, '600')];
  const { tell, lines } = hostWith(t, [open, closed]);
  tell();
  assert.deepEqual(lines, ['told on the terminals 0: cloud.spot.interrupt']);
  assert.equal(await closed.seen(), '');
  assert.match(
    await open.seen(),
    /^\|BEEP snoozed: a notice from ec2-spot\|the spot host is taken away at \d\d:\d\d:\d\d [\w+:-]+, in 120 seconds\|more: snooze events show spot-1\|$/,
  );
});

test('a terminal that somebody has stopped holds up nobody, and the others are told', { skip }, async (t) => {
  const [stopped, open] = [await terminal(t, '620', 'stopped'), await terminal(t, '620')];
  const { tell, lines } = hostWith(t, [stopped, open]);
  tell();
  assert.deepEqual(lines, ['told on the terminals 1: cloud.spot.interrupt']);
  assert.equal(await stopped.seen(), '');
  assert.match(await open.seen(), /spot-1/);
});

test('nobody is told of less than that, of the past, of other events, or where it is turned off', {
  skip,
}, async (t) => {
  const open = await terminal(t, '620');
  const { tell, clock, lines } = hostWith(t, [open]);
  tell({ severity: 2 });
  tell({ type: 'custom.backup' });
  tell({ deadline: rfc3339(clock.wallMs() - 1) });
  tell({}, false);
  assert.equal(await open.seen(), '');
  assert.deepEqual(lines, []);
});

test('what is no terminal is not written to', (t) => {
  const { devRoot, tell, lines } = hostWith(t, []);
  const file = join(devRoot, 'pts', '7');
  writeFileSync(file, 'kept');
  chmodSync(file, 0o660);
  tell();
  assert.deepEqual(lines, []);
});

test('a rehearsal says that it is one, a name of control characters reaches no terminal, an unknown time is told', () => {
  const event: SnoozeEvent = {
    id: 'a\u001b]0;b\r\nc',
    type: 'cloud.instance.termination',
    source: 'x',
    timestamp: '2026-01-01T00:00:00.000Z',
    data: { rehearsal: true },
    severity: 3,
    deadline: null,
  };
  assert.equal(
    messageFor(event, 0),
    '\r\n\u0007snoozed: a REHEARSAL, nothing happens to this host\r\n' +
      'rehearsed: the instance is terminated, nobody has said when\r\n' +
      'more: snooze events show a?]0;b??c\r\n',
  );
});

test('what is more than an hour ahead is told with its date, and in words that one need not count in', () => {
  const nowMs = Date.UTC(2026, 10, 21, 17);
  const told = (seconds: number) => {
    const event: SnoozeEvent = {
      id: 'm1',
      type: 'cloud.instance.maintenance',
      source: 'ec2-metadata',
      timestamp: rfc3339(nowMs),
      data: {},
      severity: 3,
      deadline: rfc3339(nowMs + seconds * 1000),
    };
    return messageFor(event, nowMs).split('\r\n')[2];
  };
  assert.match(told(3600) ?? '', /^maintenance is planned at \d\d:\d\d:\d\d [\w+:-]+, in 3600 seconds$/);
  assert.match(told(3601) ?? '', /, in 60 minutes$/);
  assert.match(told(5 * 3600) ?? '', / on 2[12] November 2026 at \d\d:\d\d:\d\d [\w+:-]+, in 5 hours$/);
  assert.match(told(14 * 86_400) ?? '', / on [56] December 2026 at [\d:]+ [\w+:-]+, in 14 days$/);
});
