import type { Manifest } from '@cloudsnooze/daemon/plugins/manifest/manifest';
import { hostEngine } from '@cloudsnooze/daemon/plugins/sandbox/host-engine';

/** What keeps a plugin to its manifest on this host, in words. */
export async function engineName({ type, isolation }: Manifest): Promise<string> {
  if (isolation === 'worker') return 'in a thread of this process';
  if (type === 'native') return 'in this very process';
  const { engine } = await hostEngine();
  return engine.name === 'plain' ? 'without a sandbox, which this host has not' : `in ${engine.name}`;
}
