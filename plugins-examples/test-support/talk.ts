import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import type { Manifest } from '../../daemon/src/plugins/manifest/manifest.ts';
import { findPythonSdk } from '../../daemon/src/plugins/process/python-sdk.ts';
import { createDecoder } from '../../daemon/src/rpc/framing.ts';
import { COMPILE_CACHE } from '../../daemon/test/support/compile-cache.ts';

export type Answer = {
  id: number | null;
  result?: Record<string, unknown>;
  error?: { code: number; message: string; data?: Record<string, unknown> };
};

type Call = { id?: number; method: string; params: unknown };

export type Exit = { code: number | null; signal: NodeJS.Signals | null };

/** A conversation with a plugin that runs as a real process. */
export type Talk = {
  pid: number;
  /** Sends a request with the next id and waits for its answer; fails when the plugin exits instead. */
  request(method: string, params?: unknown): Promise<Answer>;
  /** Sends a request and gives its id at once, so that it can be canceled. */
  start(method: string, params?: unknown): { id: number; answer: Promise<Answer> };
  cancel(id: number): void;
  sendLine(text: string): void;
  /** All messages so far, in the order in which they came. */
  messages: Answer[];
  /** What the plugin asked the host and told it, in the order in which it came. */
  calls: { method: string; params: unknown }[];
  /** What came on stdout and is no message. */
  strayLines: string[];
  stderr(): string;
  /** Closes stdin and waits until the process is gone. */
  end(): Promise<Exit>;
  kill(signal: NodeJS.Signals): void;
  exited: Promise<Exit>;
};

type Options = {
  test: TestContext;
  env?: Record<string, string>;
  framing?: 'lines' | 'headers';
  /** What the host answers to the plugin's own requests, by method. */
  host?: Record<string, object>;
};

const ENVIRONMENT = {
  LANG: 'C.UTF-8',
  PYTHONPATH: findPythonSdk(),
  PYTHONDONTWRITEBYTECODE: '1',
  SNOOZE_PLUGIN: 'test',
  ...COMPILE_CACHE,
};

/** Starts the program of a plugin's manifest as the daemon would, in the plugin's folder. */
export function talk(directory: string, options: Options & { command?: string }): Talk {
  const { exec } = readManifest(directory);
  if (!exec) throw new Error(`${directory} has no exec in its manifest`);
  const command = options.command ?? (exec.command.includes('/') ? resolve(directory, exec.command) : exec.command);
  return talkToProgram([command, ...(exec.args ?? [])], { ...options, directory });
}

export function readManifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'plugin.json'), 'utf8')) as Manifest;
}

/** Starts any program and speaks the protocol's lines to it; it is killed when the test ends. */
export function talkToProgram(
  [command = '', ...args]: string[],
  { test, directory, env, framing = 'lines', host = {} }: Options & { directory?: string },
): Talk {
  const child = spawn(command, args, {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...ENVIRONMENT, ...env },
  });
  // not at its exit: what it wrote last may still be in the pipe then
  const exited = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }));
  exited.catch(() => {}); // it did not start: whoever waits for it is told
  const messages: Answer[] = [];
  const calls: Talk['calls'] = [];
  const strayLines: string[] = [];
  const waiting = new Map<number, (answer: Answer) => void>();
  let stderr = '';
  let nextId = 1;

  child.stdin.on('error', () => {}); // it exited first: `exited` tells
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const decoder = createDecoder(framing, {
    onMessage(message) {
      if ('method' in message) return answerCall(message as Call);
      const answer = message as Answer;
      messages.push(answer);
      if (typeof answer.id === 'number') waiting.get(answer.id)?.(answer);
    },
    onFault: (fault) => strayLines.push(fault.message),
  });
  child.stdout.on('data', (bytes: Buffer) => decoder.push(bytes));
  test.after(() => child.kill('SIGKILL'));

  const sendLine = (text: string) =>
    child.stdin.write(framing === 'lines' ? `${text}\n` : `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  const answerCall = ({ id, method, params }: Call) => {
    calls.push({ method, params });
    const answer = host[method] ?? { error: { code: -32601, message: `this host has no ${method}` } };
    if (id !== undefined) sendLine(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
  };
  const start = (method: string, params: unknown = {}) => {
    const id = nextId++;
    const answered = new Promise<Answer>((resolvePromise) => waiting.set(id, resolvePromise));
    const gone = exited.then(({ code, signal }) => {
      const found = messages.find((message) => message.id === id);
      if (found) return found;
      throw new Error(`exited (${signal ?? code}) instead of answering ${method}; stderr: ${stderr}`);
    });
    sendLine(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    const answer = Promise.race([answered, gone]);
    answer.catch(() => {}); // a test that only starts a call need not wait for it
    return { id, answer };
  };
  return {
    pid: child.pid ?? 0,
    request: (method, params) => start(method, params).answer,
    start,
    cancel: (id) => sendLine(JSON.stringify({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id } })),
    sendLine,
    messages,
    calls,
    strayLines,
    stderr: () => stderr,
    async end() {
      child.stdin.end();
      return exited;
    },
    kill: (signal) => child.kill(signal),
    exited,
  };
}
