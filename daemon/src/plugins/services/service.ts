import type { Schema } from '../../config/validator.ts';
import { CODES } from '../../rpc/codes.ts';
import { RpcAnswerError } from '../../rpc/errors.ts';

/** Who calls. */
export type Caller = { instance: string; plugin: string };

/** One method that a plugin may call on the host (PROTOCOL.md); `serve` gets params that fit the schema. */
export type HostService = {
  schema: Schema;
  /** What it returns is the answer; `signal` aborts when the plugin does not wait any more, or is gone. */
  serve(params: Record<string, unknown>, caller: Caller, signal: AbortSignal): unknown;
};

export type HostServices = Readonly<Record<string, HostService>>;

/** The error that a plugin gets as its answer. */
export function refusal(code: keyof typeof CODES, message: string): RpcAnswerError {
  return new RpcAnswerError(CODES[code], message);
}

/** The schema of a method's params; members that it does not name are ignored. */
export function paramsOf(properties: Record<string, Schema>, required: readonly string[]): Schema {
  return { type: 'object', properties, required };
}
