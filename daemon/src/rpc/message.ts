/** What a JSON object on the wire is; `junk` where it is no JSON-RPC message at all. */
export type MessageKind = 'request' | 'notification' | 'answer' | 'junk';

/**
 * Tells messages apart, and keeps from vscode-jsonrpc what it does not survive: it reads the `id` of a
 * `$/cancelRequest` without looking whether there are params, which would end the daemon. Pure.
 */
export function kindOf(message: object): MessageKind {
  const { method, id, params } = message as Record<string, unknown>;
  if (method === undefined) return 'id' in message && ('result' in message || 'error' in message) ? 'answer' : 'junk';
  if (typeof method !== 'string') return 'junk';
  if (method === '$/cancelRequest')
    return isId((params as { id?: unknown } | null | undefined)?.id) ? 'notification' : 'junk';
  if (id === undefined || id === null) return 'notification';
  return isId(id) ? 'request' : 'junk';
}

function isId(id: unknown): boolean {
  return typeof id === 'number' || typeof id === 'string';
}
