import { resolve } from 'node:path';
import type { Plugin } from '@cloudsnooze/plugin';
import { createMethods } from '@cloudsnooze/plugin/methods';
import { type Clock, sleep } from '../../clock.ts';
import { messageOf, SnoozeError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { CODES } from '../../rpc/codes.ts';
import { RpcAnswerError } from '../../rpc/errors.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { HostSide } from '../process/plugin-process.ts';
import { importPlugin } from './native-module.ts';
import { type Runner, type RunnerEnd, timeoutError } from './runner.ts';

export type NativeOptions = HostSide & {
  manifest: Manifest;
  directory: string;
  instance: string;
  clock: Clock;
  log: Log;
};

/** What the daemon fills in must not show in the plugin's objects. */
const own = (params: unknown): unknown => structuredClone(params);
const DEFAULT_START_SECONDS = 10;

/**
 * Loads a native plugin, an ES module that exports `plugin`, into this process: trusted code only.
 * @throws SnoozeError SNOOZE_E_PLUGIN_START when it cannot be loaded or exports no plugin.
 */
export async function startNative(options: NativeOptions): Promise<Runner> {
  const { instance, clock, log, onRequest, onNotification } = options;
  const plugin = await load(options);
  const { promise: ended, resolve: announceEnd } = Promise.withResolvers<RunnerEnd>();
  const life = new AbortController();
  const logger = (level: keyof Log) => (message: string) => log[level]({ plugin: instance }, String(message));
  const answer = createMethods(
    plugin,
    { debug: logger('debug'), info: logger('info'), warn: logger('warn'), error: logger('error') },
    {
      async ask(method, params, signal) {
        if (onRequest === undefined) throw new RpcAnswerError(CODES.methodNotFound, `snoozed has no method ${method}`);
        return await onRequest(method, own(params), AbortSignal.any([life.signal, ...(signal ? [signal] : [])]));
      },
      tell: (method, params) => onNotification(method, own(params)),
    },
  );

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
      answer(method, { ...(params as Record<string, unknown>) }, stop.signal).then(
        (result) => finish(() => settle(result)),
        (error: unknown) => finish(() => reject(new RpcAnswerError(codeOf(error), messageOf(error)))),
      );
    });

  return {
    pid: null,
    call,
    ended,
    traffic: () => ({ toPlugin: 0, fromPlugin: 0 }),
    async stop(reason, graceMs) {
      await call('Shutdown', { reason }, { timeoutMs: graceMs }).catch(() => {}); // it need not have one
      life.abort();
      announceEnd({ message: `stopped: ${reason}`, configurationWrong: false, exitCode: null });
    },
  };
}

/** A module that never ends its loading must not hold up the daemon's end. */
async function load({ instance, manifest, directory, clock }: NativeOptions): Promise<Plugin> {
  const file = resolve(directory, manifest.module ?? '');
  try {
    const limitMs = (manifest.timeouts?.start_seconds ?? DEFAULT_START_SECONDS) * 1000;
    const over = new AbortController();
    const loaded = importPlugin(file).finally(() => over.abort());
    const late = sleep(clock, limitMs, over.signal).then((whole) =>
      whole ? Promise.reject(new Error(`it is not loaded after ${limitMs} ms`)) : loaded,
    );
    return await Promise.race([loaded, late]);
  } catch (error) {
    throw new SnoozeError('SNOOZE_E_PLUGIN_START', `${instance}: ${file} cannot be loaded: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** A plugin brings a copy of the SDK of its own: what tells its errors apart is their code. */
function codeOf(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : CODES.internalError;
}
