import type { CommandContext } from './context.ts';

/** How a command asks the daemon at a socket: over a connection that ends with its question. The client is loaded when it is needed. */
export function withDaemonAt(socket: string): CommandContext['withDaemon'] {
  return async (act) => {
    const { connectControl } = await import('@cloudsnooze/daemon/control/client');
    const client = await connectControl(socket);
    try {
      return await act(client);
    } finally {
      client.close();
    }
  };
}
