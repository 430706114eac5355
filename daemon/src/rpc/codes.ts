import { RpcAnswerError } from './errors.ts';

/** The codes of errors on the wire: JSON-RPC's own, and those of PROTOCOL.md, "Errors". */
export const CODES = {
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  /** The lowest that JSON-RPC leaves to programs: why is in the message. */
  refused: -32000,
  notPermitted: -32001,
  notReady: -32002,
  timedOut: -32003,
  configInvalid: -32004,
  revisionMismatch: -32010,
  notFound: -32011,
  exists: -32012,
} as const;

/** Whether the other side answered with an error of this kind. */
export function isAnswered(error: unknown, code: keyof typeof CODES): boolean {
  return error instanceof RpcAnswerError && error.code === CODES[code];
}
