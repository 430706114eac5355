import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Clock, sleep } from '../clock.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { RpcAnswerError } from '../rpc/errors.ts';
import type { Manifest } from './manifest.ts';
import { type Runner, type RunnerEnd, timeoutError } from './runner.ts';

export type NativeOptions = {
  manifest: Manifest;
  directory: string;
  instance: string;
  stateDirectory: string;
  clock: Clock;
  log: Log;
};

type Method = (params: Record<string, unknown>) => unknown;

const DEFAULT_START_SECONDS = 10;
const METHOD_NOT_FOUND = -32601;
/** Protocol method → the function of a native plugin; the TypeScript SDK has the types. */
const FUNCTIONS: Record<string, string> = {
  Initialize: 'initialize',
  Configure: 'configure',
  CheckIdle: 'checkIdle',
  HandleEvent: 'handleEvent',
  BeforeSnooze: 'beforeSnooze',
  AfterResume: 'afterResume',
  HealthCheck: 'healthCheck',
  Diagnose: 'diagnose',
  RunCommand: 'runCommand',
  Shutdown: 'shutdown',
};

/**
 * Loads a native plugin, an ES module that exports `plugin`, into this process: trusted code only.
 * @throws SnoozeError SNOOZE_E_PLUGIN_START when it cannot be loaded or exports no plugin.
 */
export async function startNative(options: NativeOptions): Promise<Runner> {
  const { manifest, directory, instance, stateDirectory, clock, log } = options;
  const functions = await load(resolve(directory, manifest.module ?? ''), options);
  const { promise: ended, resolve: announceEnd } = Promise.withResolvers<RunnerEnd>();
  let config: unknown = {};

  const invoke = async (method: string, params: unknown, signal: AbortSignal): Promise<unknown> => {
    const given = { ...(params as Record<string, unknown>) };
    if ('config' in given) config = given['config'];
    const name = FUNCTIONS[method];
    const implementation = name === undefined ? undefined : functions[name];
    // The configuration goes with each call.
    if ((method === 'Initialize' || method === 'Configure') && implementation === undefined) return {};
    if (typeof implementation !== 'function')
      throw new RpcAnswerError(METHOD_NOT_FOUND, `${instance} has no ${name ?? method}`);
    const logger = (level: keyof Log) => (message: string) => log[level]({ plugin: instance }, String(message));
    return await (implementation as Method).call(functions, {
      ...given,
      config,
      stateDirectory,
      signal,
      log: { debug: logger('debug'), info: logger('info'), warn: logger('warn'), error: logger('error') },
    });
  };

  const call: Runner['call'] = (method, params, { timeoutMs, signal }) =>
    new Promise((settle, reject) => {
      const stop = new AbortController();
      const finish = (act: () => void) => {
        cancelTimer();
        signal?.removeEventListener('abort', onAbort);
        stop.abort();
        act();
      };
      const onAbort = () =>
        finish(() => reject(new SnoozeError('SNOOZE_E_PLUGIN_ANSWER', `nobody waits for ${method} any more`)));
      const cancelTimer = clock.after(timeoutMs, () => finish(() => reject(timeoutError(instance, method, timeoutMs))));
      signal?.addEventListener('abort', onAbort, { once: true });
      invoke(method, params, stop.signal).then(
        (result) => finish(() => settle(result)),
        (error: unknown) =>
          finish(() => reject(error instanceof RpcAnswerError ? error : new RpcAnswerError(-32603, messageOf(error)))),
      );
    });

  return {
    pid: null,
    call,
    ended,
    traffic: () => ({ toPlugin: 0, fromPlugin: 0 }),
    async stop(reason, graceMs) {
      await call('Shutdown', { reason }, { timeoutMs: graceMs }).catch(() => {}); // it need not have one
      announceEnd({ message: `stopped: ${reason}`, configurationWrong: false, exitCode: null });
    },
  };
}

/** A module that never ends its loading must not hold up the daemon's end. */
async function load(file: string, { instance, manifest, clock }: NativeOptions): Promise<Record<string, unknown>> {
  let module: Record<string, unknown>;
  try {
    const limitMs = (manifest.timeouts?.start_seconds ?? DEFAULT_START_SECONDS) * 1000;
    const over = new AbortController();
    const loaded = import(pathToFileURL(file).href).finally(() => over.abort());
    const late = sleep(clock, limitMs, over.signal).then((whole) =>
      whole ? Promise.reject(new Error(`it is not loaded after ${limitMs} ms`)) : loaded,
    );
    module = (await Promise.race([loaded, late])) as Record<string, unknown>;
  } catch (error) {
    throw new SnoozeError('SNOOZE_E_PLUGIN_START', `${instance}: ${file} cannot be loaded: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const plugin = module['plugin'] ?? module['default'];
  if (typeof plugin === 'object' && plugin !== null) return plugin as Record<string, unknown>;
  throw new SnoozeError('SNOOZE_E_PLUGIN_START', `${instance}: ${file} exports no plugin`, {
    hint: 'it needs `export const plugin = { checkIdle() { … } }`',
  });
}
