import { createRpcConnection } from '../../rpc/connection.ts';
import type { RpcConnection, WireFault } from '../../rpc/rpc.ts';
import type { HostSide, PluginProcess, ProcessOptions } from '../process/plugin-process.ts';

/** The protocol over the pipes of a plugin's process, or the port of its thread; the caller closes it. `wire`: where it speaks. */
export function talkTo(
  { stdin, stdout, kill }: Pick<PluginProcess, 'stdin' | 'stdout' | 'kill'>,
  options: Pick<ProcessOptions, 'manifest' | 'clock' | 'log' | 'instance' | 'observer'> & HostSide & { wire?: string },
): RpcConnection {
  const {
    manifest,
    clock,
    log,
    instance,
    observer,
    onNotification,
    onRequest,
    wire = 'on its standard output',
  } = options;
  const seen = new Set<WireFault['kind']>();
  return createRpcConnection(stdout, stdin, {
    framing: manifest.framing ?? 'lines',
    lenient: true,
    clock,
    onFault(fault) {
      observer?.fault(fault);
      const { kind, message } = fault;
      const fields = { plugin: instance };
      if (!seen.has(kind)) log.warn(fields, `${wire}: ${message} (more of this kind is not logged)`);
      seen.add(kind);
      if (kind !== 'too-large') return;
      kill(`it sent ${message}`);
      // Until it is gone a quick sender would fill the memory with what nobody reads.
      stdout.destroy();
    },
    onNotification,
    ...(onRequest && { onRequest }),
  });
}
