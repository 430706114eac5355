import { dirname, relative } from 'node:path';
import { decodeAsSpoken, encode } from './framing.ts';
import { createLink } from './host.ts';
import { manifestOf } from './manifest.ts';
import { createMethods } from './methods.ts';
import type { Log, LogLevel, Plugin } from './plugin.ts';
import { AnswerError, ERROR_CODES, type Message } from './protocol.ts';
import { takeStdout } from './stdout.ts';

/** What is still being answered when the input ends may take this long under the host; by hand it may finish. */
const DRAIN_MS = 1000;
/** How often it looks whether its parent lives: another process may hold the pipes open. */
const PARENT_MS = 5000;
const SYSLOG_LEVELS: Record<LogLevel, number> = { debug: 7, info: 6, warn: 4, error: 3 };

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
  const link = createLink(send);
  const answer = createMethods(plugin, log, link);
  const running = new Map<unknown, AbortController>();
  let drained: (() => void) | undefined;

  const respond = async ({ id, params = {} }: Message, method: string) => {
    const canceling = new AbortController();
    running.set(id, canceling);
    if (method === 'Initialize' && Array.isArray(params['host_methods'])) link.offer(params['host_methods']);
    try {
      const result = await answer(method, params, canceling.signal);
      send({ jsonrpc: '2.0', id, result: result ?? {} });
    } catch (error) {
      const code = error instanceof AnswerError ? error.code : ERROR_CODES.internalError;
      if (!(error instanceof AnswerError)) log.error(error instanceof Error ? (error.stack ?? '') : String(error));
      const message = error instanceof Error ? error.message : String(error);
      send({ jsonrpc: '2.0', id, error: { code, message } });
    }
    running.delete(id);
    if (method === 'Shutdown') process.exit(0);
    if (running.size === 0) drained?.();
  };

  const take = (message: Message) => {
    if (message.method === '$/cancelRequest') running.get(message.params?.['id'])?.abort();
    else if (message.id === undefined || message.id === null) return;
    else if (typeof message.method === 'string') void respond(message, message.method);
    else link.take(message);
  };

  const takeAll = (found: ReturnType<typeof decoder.push>) => {
    for (const each of found) {
      if ('message' in each) take(each.message);
      else send({ jsonrpc: '2.0', id: null, error: { code: ERROR_CODES.parseError, message: each.text } });
    }
  };

  const end = () => {
    takeAll(decoder.end());
    if (running.size === 0) process.exit(0);
    drained = () => process.exit(0);
    if (byHand) return;
    for (const canceling of running.values()) canceling.abort();
    setTimeout(() => process.exit(0), DRAIN_MS);
  };

  process.stdin.on('data', (bytes: Buffer) => takeAll(decoder.push(bytes)));
  process.stdin.on('end', end);
  process.stdin.on('error', () => process.exit(0)); // the host is gone
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.exit(0), PARENT_MS).unref();
}

function stderrLog(): Log {
  const at = (level: LogLevel) => (message: string) => {
    // Each line of a stack needs its own level, or the host takes the rest for `info`.
    for (const line of message.split('\n')) process.stderr.write(`<${SYSLOG_LEVELS[level]}>${line}\n`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
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
