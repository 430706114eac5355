import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { ENTER_SCREEN, LEAVE_SCREEN } from '../../src/watch/screen.ts';
import { HANGS, startFakeDaemon } from '../support/fake-daemon.ts';
import { ended, runCli, startCli, startOnTerminal, TERMINAL_PROGRAM } from '../support/run-cli.ts';
import { sampleStatus } from '../support/samples.ts';

/** Collects what a stream gives. */
function textOf(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.on('data', (chunk) => {
    text += String(chunk);
  });
  return () => text;
}

describe('snooze status --watch in a pipe', () => {
  it('prints changes, survives a restart of the daemon, and ends with 0 on ^C', async (test) => {
    let state: 'idle' | 'warning' = 'idle';
    const daemon = await startFakeDaemon(test, { status: () => sampleStatus({ state }) });
    const child = startCli(['status', '--watch'], { socket: daemon.socket });
    test.after(() => child.kill('SIGKILL'));
    const text = textOf(child.stdout);
    const end = ended(child);
    await waitFor('the first line', () => / idle: /.test(text()));
    state = 'warning';
    await waitFor('the change', () => / warning: /.test(text()));
    await daemon.stop();
    await waitFor('the loss', () => / gone: no snoozed answers/.test(text()));
    await daemon.start();
    await waitFor('the return', () => text().split(' warning: ').length === 3);
    child.kill('SIGINT');
    assert.equal(await end, 0);
    assert.equal(text().trim().split('\n').length, 4);
    assert.ok(!text().includes('\u001b'));
  });

  it('ends with 3 where no daemon answers at first', async () => {
    assert.equal((await runCli(['status', '--watch'])).code, 3);
  });

  it('ends at once on ^C though the daemon hangs', async (test) => {
    const daemon = await startFakeDaemon(test, { status: (_params, times) => (times > 1 ? HANGS : sampleStatus()) });
    const child = startCli(['status', '--watch'], { socket: daemon.socket });
    test.after(() => child.kill('SIGKILL'));
    const end = ended(child);
    await waitFor('the second question', () => daemon.calls.length > 1);
    child.kill('SIGTERM');
    assert.equal(await end, 0);
  });

  it('ends when nobody reads any more', async (test) => {
    let times = 0;
    const daemon = await startFakeDaemon(test, {
      status: () => sampleStatus({ last_failure: { at: String(times++), message: 'x', retry_at: null } }),
    });
    const child = startCli(['status', '--watch'], { socket: daemon.socket });
    test.after(() => child.kill('SIGKILL'));
    const end = ended(child);
    const text = textOf(child.stdout);
    await waitFor('the first line', text);
    child.stdout?.destroy();
    assert.equal(await end, 0);
  });
});

describe('snooze status --watch on a terminal', { skip: requires(TERMINAL_PROGRAM) }, () => {
  it('takes another screen and gives the terminal back on ^C', async (test) => {
    const daemon = await startFakeDaemon(test, { status: () => sampleStatus({ snooze_at: null, next: 'nothing' }) });
    const terminal = startOnTerminal('status --watch', { socket: daemon.socket });
    test.after(() => terminal.kill('SIGKILL'));
    const text = textOf(terminal.stdout);
    const end = ended(terminal);
    await waitFor('the screen', () => text().includes('every check is idle'));
    await waitFor('two questions', () => daemon.calls.length > 2);
    terminal.stdin?.write('\u0003');
    assert.equal(await end, 0);
    assert.ok(text().startsWith(ENTER_SCREEN), 'another screen first');
    assert.ok(text().endsWith(LEAVE_SCREEN), 'and left at the end');
    assert.equal(text().split('nothing').length, 2, 'what has not changed is written once');
  });

  it('has colours on a terminal, unless NO_COLOR or --no-color says otherwise', async (test) => {
    const daemon = await startFakeDaemon(test, { status: () => sampleStatus() });
    const show = async (command: string, environment: Record<string, string> = {}) => {
      const terminal = startOnTerminal(command, { socket: daemon.socket, environment });
      const text = textOf(terminal.stdout);
      await ended(terminal);
      return text();
    };
    const [plain, noColor, flag] = await Promise.all([
      show('status'),
      show('status', { NO_COLOR: '1' }),
      show('status --no-color'),
    ]);
    assert.ok(plain.includes('\u001b[32m●\u001b[39m'));
    for (const text of [noColor, flag]) assert.ok(text.includes('● idle') && !text.includes('\u001b['));
  });
});
