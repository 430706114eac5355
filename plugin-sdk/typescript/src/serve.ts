import { StringDecoder } from 'node:string_decoder';
import { createMethods } from './methods.ts';
import type { Log, LogLevel, Plugin } from './plugin.ts';
import { AnswerError, ERROR_CODES, type Message } from './protocol.ts';
import { takeStdout } from './stdout.ts';

/** A message larger than this is refused (in characters; the protocol's limit is as many bytes). */
const MESSAGE_LIMIT = 1024 * 1024;
/** What is still being answered when the input ends may take this long under the host; by hand it may finish. */
const DRAIN_MS = 1000;
const SYSLOG_LEVELS: Record<LogLevel, number> = { debug: 7, info: 6, warn: 4, error: 3 };

/**
 * Runs a plugin as a process of its own: JSON-RPC, one message a line, on stdin and stdout. Ends the process on
 * `Shutdown`, at the end of the input, on SIGTERM, or when nobody reads its output any more.
 */
export function serve<Config>(plugin: Plugin<Config>): void {
  if (process.env['SNOOZE_PLUGIN'] === undefined && process.stdin.isTTY) explainAndExit();
  const writeMessage = takeStdout(() => process.exit(0));
  const log = stderrLog();
  const answer = createMethods(plugin, log);
  const running = new Map<unknown, AbortController>();
  let drained: (() => void) | undefined;

  const respond = async (message: Message, method: string) => {
    const canceling = new AbortController();
    running.set(message.id, canceling);
    try {
      const result = await answer(method, message.params ?? {}, canceling.signal);
      writeMessage({ jsonrpc: '2.0', id: message.id, result: result ?? {} });
    } catch (error) {
      const code = error instanceof AnswerError ? error.code : ERROR_CODES.internalError;
      if (!(error instanceof AnswerError)) log.error(error instanceof Error ? (error.stack ?? '') : String(error));
      const text = error instanceof Error ? error.message : String(error);
      writeMessage({ jsonrpc: '2.0', id: message.id, error: { code, message: text } });
    }
    running.delete(message.id);
    if (method === 'Shutdown') process.exit(0);
    if (running.size === 0) drained?.();
  };

  readLines((line) => {
    const message = parse(line);
    if (message instanceof AnswerError) {
      writeMessage({ jsonrpc: '2.0', id: null, error: { code: message.code, message: message.message } });
    } else if (message.method === '$/cancelRequest') running.get(message.params?.['id'])?.abort();
    else if (message.method !== undefined && message.id !== undefined && message.id !== null)
      void respond(message, message.method);
  }).then(
    () => {
      if (running.size === 0) process.exit(0);
      drained = () => process.exit(0);
      if (process.env['SNOOZE_PLUGIN'] === undefined) return;
      for (const canceling of running.values()) canceling.abort();
      setTimeout(() => process.exit(0), DRAIN_MS);
    },
    () => process.exit(0), // stdin broke: the host is gone
  );
  process.on('SIGTERM', () => process.exit(0));
}

function stderrLog(): Log {
  const at = (level: LogLevel) => (message: string) => {
    // Each line of a stack needs its own level, or the host takes the rest for `info`.
    for (const line of message.split('\n')) process.stderr.write(`<${SYSLOG_LEVELS[level]}>${line}\n`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

async function readLines(onLine: (line: string) => void): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let held = '';
  let skipping = false;
  for await (const chunk of process.stdin) {
    const pieces = decoder.write(chunk as Buffer).split('\n');
    const last = pieces.pop() ?? '';
    for (const piece of pieces) {
      if (skipping || held.length + piece.length > MESSAGE_LIMIT)
        process.stderr.write('<4>a message of more than 1 MiB was skipped\n');
      else onLine(held + piece);
      held = '';
      skipping = false;
    }
    if (held.length + last.length > MESSAGE_LIMIT) skipping = true;
    held = skipping ? '' : held + last;
  }
  if (held !== '') onLine(held); // typed by hand without a newline at the end
}

function parse(line: string): Message | AnswerError {
  if (line.trim() === '') return {};
  try {
    const message: unknown = JSON.parse(line);
    if (typeof message === 'object' && message !== null && !Array.isArray(message)) return message;
    return new AnswerError(ERROR_CODES.invalidRequest, 'a message is a JSON object');
  } catch (error) {
    return new AnswerError(ERROR_CODES.parseError, error instanceof Error ? error.message : String(error));
  }
}

function explainAndExit(): never {
  const line = `echo '{"id":1,"method":"CheckIdle","params":{"metrics":{},"context":{}}}'`;
  process.stderr.write(
    `This is a CloudSnooze plugin: snoozed starts it. To see one answer:\n  ${line} | node ${process.argv[1]}\n`,
  );
  process.exit(2);
}
