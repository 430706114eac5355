import { CODES } from './codes.ts';

/**
 * Makes strict JSON-RPC 2.0 of the small-plugin dialect (PROTOCOL.md, "Being lenient"): `jsonrpc` may be missing, an
 * error may be a bare string, and a result may be `{"error": "text"}`. Anything else is left as it is.
 */
export function normalize(message: object): object {
  const strict: Record<string, unknown> = { ...message, jsonrpc: '2.0' };
  if ('method' in strict) return strict;
  if (strict['error'] === null) delete strict['error'];
  const error = errorOf(strict);
  if (error === undefined) {
    // `{"id": 1}` alone: an answer that says nothing.
    return 'result' in strict || !('id' in strict) ? strict : { ...strict, result: null };
  }
  const { result: _, ...rest } = strict;
  // An error without an id is that of a message it could not read: an answer to nothing.
  return { id: null, ...rest, error };
}

function errorOf(message: Record<string, unknown>): object | undefined {
  const { error, result } = message;
  if (typeof error === 'string') return { code: CODES.internalError, message: error };
  if (typeof error === 'object' && error !== null) {
    const code = 'code' in error && Number.isInteger(error.code) ? error.code : CODES.internalError;
    const text = 'message' in error && typeof error.message === 'string' ? error.message : JSON.stringify(error);
    return { ...error, code, message: text };
  }
  if (error !== undefined) return { code: CODES.internalError, message: JSON.stringify(error) };
  if (typeof result === 'object' && result !== null && 'error' in result && typeof result.error === 'string') {
    return { code: CODES.internalError, message: result.error };
  }
  return undefined;
}
