import type { Log, Plugin } from './plugin.ts';
import {
  AnswerError,
  type CheckContext,
  ERROR_CODES,
  type Metrics,
  PROTOCOL_VERSION,
  type SnoozeEvent,
} from './protocol.ts';

/** Answers one request: what it returns becomes the result, what it throws the error. */
export type Answer = (method: string, params: Record<string, unknown>, signal: AbortSignal) => Promise<unknown>;

/** The protocol's methods for a plugin. A method that the plugin has no part for does not exist. */
export function createMethods<Config>(plugin: Plugin<Config>, log: Log): Answer {
  // The host has checked the configuration against the manifest's schema before it sends it.
  let config = {} as Config;

  const methods: Record<string, (params: Record<string, unknown>, signal: AbortSignal) => unknown> = {
    async Initialize(params) {
      config = (params['config'] ?? {}) as Config;
      await plugin.initialize?.({ config, stateDirectory: String(params['state_dir'] ?? ''), log });
      return { protocol_version: PROTOCOL_VERSION };
    },
    async Configure(params) {
      const next = (params['config'] ?? {}) as Config;
      await plugin.configure?.({ config: next });
      config = next;
      return {};
    },
    HealthCheck: () => ({ status: 'ok' }),
    async Shutdown(params) {
      await plugin.shutdown?.({ reason: String(params['reason'] ?? '') });
      return {};
    },
  };
  if (plugin.checkIdle)
    methods['CheckIdle'] = async (params, signal) => {
      const { metrics, context } = params as { metrics: Metrics; context: CheckContext };
      const verdict: unknown = await plugin.checkIdle?.({ metrics, context, config, signal });
      return requireShape(verdict, 'checkIdle', 'is_idle');
    };
  if (plugin.handleEvent)
    methods['HandleEvent'] = async (params, signal) => {
      const outcome: unknown = await plugin.handleEvent?.({ event: params['event'] as SnoozeEvent, config, signal });
      return requireShape(outcome, 'handleEvent', 'handled');
    };
  if (plugin.beforeSnooze)
    methods['BeforeSnooze'] = async (params, signal) => {
      const asked = params as { reason: string; idle_seconds: number; action: string };
      const answer: unknown = await plugin.beforeSnooze?.({ ...asked, config, signal });
      return requireShape(answer, 'beforeSnooze', 'allow');
    };
  if (plugin.afterResume)
    methods['AfterResume'] = async (params, signal) => {
      const told = params as { stopped_at: string; resumed_at: string; reason: string };
      await plugin.afterResume?.({ ...told, config, signal });
      return {};
    };

  return async (method, params, signal) => {
    const call = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (!call) throw new AnswerError(ERROR_CODES.methodNotFound, `this plugin has no ${method}`);
    return call(params, signal);
  };
}

/** A part that returned nothing, or something else, must not look like a verdict. */
function requireShape(answer: unknown, part: string, key: string): unknown {
  if (typeof answer === 'object' && answer !== null && key in answer) {
    if (typeof (answer as Record<string, unknown>)[key] === 'boolean') return answer;
  }
  throw new AnswerError(
    ERROR_CODES.internalError,
    `${part} returned ${JSON.stringify(answer) ?? 'nothing'}, expected an object with ${key}: true or false`,
  );
}
