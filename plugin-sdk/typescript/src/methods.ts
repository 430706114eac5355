import { createHost, type Host } from './host.ts';
import type { HostLink } from './link.ts';
import type { Log, Plugin } from './plugin.ts';
import { AnswerError, ERROR_CODES, PROTOCOL_VERSION } from './protocol.ts';
import { withDefaults } from './settings.ts';

/** Answers one request: what it returns becomes the result, what it throws the error. */
export type Answer = (method: string, params: Record<string, unknown>, signal: AbortSignal) => Promise<unknown>;

/** Methods that go to one part of the plugin, with the member that its answer must have, and of which type. */
const PARTS: Record<string, { part: keyof Plugin; answers?: [member: string, type: string] }> = {
  CheckIdle: { part: 'checkIdle', answers: ['is_idle', 'boolean'] },
  HandleEvent: { part: 'handleEvent', answers: ['handled', 'boolean'] },
  BeforeSnooze: { part: 'beforeSnooze', answers: ['allow', 'boolean'] },
  AfterResume: { part: 'afterResume' },
  HealthCheck: { part: 'healthCheck', answers: ['status', 'string'] },
  Diagnose: { part: 'diagnose', answers: ['status', 'string'] },
  RunCommand: { part: 'runCommand', answers: ['exit_code', 'number'] },
};

/** The protocol's methods for a plugin. A method that the plugin has no part for does not exist. */
export function createMethods<Config>(plugin: Plugin<Config>, log: Log, link: HostLink): Answer {
  const host: Host = createHost(link);
  const settings = plugin.settings ?? {};
  const complete = (config: unknown) => withDefaults(settings, (config ?? {}) as object) as Config;
  let config = complete({});

  const methods: Record<string, (params: Record<string, unknown>) => unknown> = {
    async Initialize(params) {
      config = complete(params['config']);
      await plugin.initialize?.({ config, stateDirectory: String(params['state_dir'] ?? ''), log, host });
      return { protocol_version: PROTOCOL_VERSION, ...(plugin.events && { supported_events: eventTypes() }) };
    },
    async Configure(params) {
      const next = complete(params['config']);
      await plugin.configure?.({ config: next });
      config = next;
      return {};
    },
    Info: () => ({ name: plugin.name, version: plugin.version, description: plugin.description }),
    async Shutdown(params) {
      await plugin.shutdown?.({ reason: String(params['reason'] ?? '') });
      return {};
    },
  };
  const eventTypes = () => Object.keys(plugin.events ?? {});
  if (plugin.events) methods['GetSupportedEvents'] = () => ({ events: eventTypes() });
  if (!plugin.healthCheck) methods['HealthCheck'] = () => ({ status: 'ok' });

  return async (method, params, signal) => {
    if (Object.hasOwn(methods, method)) return methods[method]?.(params);
    const found = Object.hasOwn(PARTS, method) ? PARTS[method] : undefined;
    const part = found && plugin[found.part];
    if (typeof part !== 'function') throw new AnswerError(ERROR_CODES.methodNotFound, `this plugin has no ${method}`);
    const given = { ...params, config, signal, host, log };
    const answer: unknown = await (part as (call: object) => unknown).call(plugin, given);
    return found?.answers ? requireShape(answer, found.part, ...found.answers) : {};
  };
}

/** A part that returned nothing, or something else, must not look like a verdict. */
function requireShape(answer: unknown, part: string, member: string, type: string): unknown {
  if (typeof answer === 'object' && answer !== null && member in answer) {
    if (typeof (answer as Record<string, unknown>)[member] === type) return answer;
  }
  const found = JSON.stringify(answer) ?? 'nothing';
  throw new AnswerError(
    ERROR_CODES.internalError,
    `${part} returned ${found}, expected an object with ${member}: a ${type}`,
  );
}
