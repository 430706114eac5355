import { dirname, relative } from 'node:path';
import { decodeAsSpoken, encode } from './framing.ts';
import { manifestOf } from './manifest.ts';
import type { Plugin } from './plugin.ts';
import { ERROR_CODES } from './protocol.ts';
import { createSession } from './session.ts';
import { stderrLog } from './stderr-log.ts';
import { takeStdout } from './stdout.ts';

/** What is still being answered when the input ends may take this long under the host; by hand it may finish. */
const DRAIN_MS = 1000;
/** How often it looks whether its parent lives: another process may hold the pipes open. */
const PARENT_MS = 2000;

/**
 * Runs a plugin as a process of its own, in the framing that the host speaks. Ends the process on `Shutdown`, at the
 * end of the input, on SIGTERM, with its parent, or when nobody reads its output any more. With `--manifest` (or
 * `--manifest=native`) it prints the plugin.json instead.
 */
export function serve<Config>(plugin: Plugin<Config>): void {
  const asked = process.argv.find((word) => /^--manifest(=native)?$/.test(word));
  if (asked) {
    const manifest = manifestOf(plugin, asked.endsWith('native') ? 'native' : 'external', process.argv[1] ?? '');
    process.stdout.write(`${JSON.stringify(manifest, null, 2)}\n`);
    return;
  }
  const byHand = process.env['SNOOZE_PLUGIN'] === undefined;
  if (byHand && process.stdin.isTTY) explainAndExit();
  const decoder = decodeAsSpoken();
  const write = takeStdout(() => process.exit(0));
  const send = (message: object) => write(encode(message, decoder.framing()));
  const log = stderrLog();
  let drained: (() => void) | undefined;
  const session = createSession(plugin, {
    log,
    send,
    onAnswered(method, open) {
      if (method === 'Shutdown') process.exit(0);
      if (open === 0) drained?.();
    },
  });

  const takeAll = (found: ReturnType<typeof decoder.push>) => {
    for (const each of found) {
      if ('message' in each) session.take(each.message);
      else send({ jsonrpc: '2.0', id: null, error: { code: ERROR_CODES.parseError, message: each.text } });
    }
  };

  const end = () => {
    takeAll(decoder.end());
    if (session.open() === 0) process.exit(0);
    drained = () => process.exit(0);
    if (byHand) return;
    session.cancelAll();
    setTimeout(() => process.exit(0), DRAIN_MS);
  };

  process.stdin.on('data', (bytes: Buffer) => takeAll(decoder.push(bytes)));
  process.stdin.on('end', end);
  process.stdin.on('error', () => process.exit(0)); // the host is gone
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.exit(0), PARENT_MS).unref();
}

function explainAndExit(): never {
  const program = process.argv[1] ?? 'plugin.ts';
  const request = '{"id":1,"method":"CheckIdle","params":{"metrics":{},"context":{}}}';
  process.stderr.write(
    [
      'This is a CloudSnooze plugin: snoozed starts it. To try all of it, type',
      `  snooze plugin test ${relative('.', dirname(program)) || '.'}`,
      'and to see one answer',
      `  echo '${request}' | node ${program}`,
      '',
    ].join('\n'),
  );
  process.exit(2);
}
