import { createRpcConnection } from '../rpc/connection.ts';
import type { RpcConnection, WireFault } from '../rpc/rpc.ts';
import type { HostSide, PluginProcess, ProcessOptions } from './plugin-process.ts';

/** The protocol over the pipes of a plugin's process; the caller closes it. */
export function talkTo(
  { stdin, stdout, kill }: PluginProcess,
  options: Pick<ProcessOptions, 'manifest' | 'clock' | 'log' | 'instance' | 'observer'> & HostSide,
): RpcConnection {
  const { manifest, clock, log, instance, observer, onNotification, onRequest } = options;
  const seen = new Set<WireFault['kind']>();
  return createRpcConnection(stdout, stdin, {
    framing: manifest.framing ?? 'lines',
    lenient: true,
    clock,
    onFault(fault) {
      observer?.fault(fault);
      const { kind, message } = fault;
      const fields = { plugin: instance };
      if (!seen.has(kind)) log.warn(fields, `on its standard output: ${message} (more of this kind is not logged)`);
      seen.add(kind);
      if (kind === 'too-large') kill(`it sent ${message}`);
    },
    onNotification,
    ...(onRequest && { onRequest }),
  });
}
