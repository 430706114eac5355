import { type CODES, isAnswered } from '../../rpc/codes.ts';
import { RpcAnswerError } from '../../rpc/errors.ts';
import { PROTOCOL_VERSION, VERSION } from '../../version.ts';
import { type InstanceSpec, namesItsEvents } from '../manifest/instance-spec.ts';
import type { Runner } from '../runners/runner.ts';

/** Errors of one that knows `Initialize` well; any other may mean that it does not. */
const SAYS_NO = ['configInvalid', 'notReady', 'timedOut'] as const;

export type InitializeOptions = {
  stateDirectory: string;
  timeoutMs: number;
  /** What the plugin may call on the host. */
  hostMethods?: readonly string[];
};

/**
 * Sends `Initialize`, or to a plugin that does not know it `Info` and `Configure` (PROTOCOL.md, "Being lenient").
 * Gives the answer that names the events it handles.
 * @throws what the plugin or the lack of its answer says, when it cannot be used.
 */
export async function initialize(
  runner: Runner,
  spec: InstanceSpec,
  { stateDirectory, timeoutMs, hostMethods = [] }: InitializeOptions,
): Promise<unknown> {
  const params = {
    protocol_version: PROTOCOL_VERSION,
    host: { name: 'snoozed', version: VERSION },
    plugin: { name: spec.manifest.name, instance: spec.instance },
    config: spec.config,
    state_dir: stateDirectory,
    log_level: 'info',
    host_methods: hostMethods,
  };
  let answer: unknown;
  try {
    answer = await runner.call('Initialize', params, { timeoutMs });
  } catch (error) {
    if (!(error instanceof RpcAnswerError) || isOneOf(error, SAYS_NO)) throw error;
    await tolerant(runner.call('Info', {}, { timeoutMs }));
    await tolerant(runner.call('Configure', { config: spec.config }, { timeoutMs }), ['configInvalid']);
  }
  const namesEvents = typeof answer === 'object' && answer !== null && 'supported_events' in answer;
  if (namesEvents || !namesItsEvents(spec.manifest)) return answer;
  return await tolerant(runner.call('GetSupportedEvents', {}, { timeoutMs }));
}

/** An error as an answer means that the plugin does not do that, unless it is one that `counts`; no answer at all is an error. */
async function tolerant(call: Promise<unknown>, counts: readonly (keyof typeof CODES)[] = []): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RpcAnswerError && !isOneOf(error, counts)) return undefined;
    throw error;
  }
}

function isOneOf(error: unknown, codes: readonly (keyof typeof CODES)[]): boolean {
  return codes.some((code) => isAnswered(error, code));
}
