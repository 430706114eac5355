import type { Manifest } from '@cloudsnooze/daemon/plugins/manifest';
import { hostEngine } from '@cloudsnooze/daemon/plugins/sandbox/host-engine';

/** What keeps a plugin to its manifest on this host, in words. */
export async function engineName({ type }: Manifest): Promise<string> {
  if (type === 'native') return 'in this very process';
  const { engine } = await hostEngine();
  return engine.name === 'plain' ? 'without a sandbox, which this host has not' : `in ${engine.name}`;
}
