import { resolve } from 'node:path';
import type { ControlClient } from '@cloudsnooze/daemon/control/client';
import { defineCommand } from '../../command.ts';
import { printJson, printLines } from '../../context.ts';
import { installedLines } from '../../render/installed.ts';

/** In base64 well under the 1 MiB that one message may have. */
const CHUNK_BYTES = 256 * 1024;
/** Unpacking is quick; a plugin that is compiled on this host is not. */
const FINISH_TIMEOUT_MS = 600_000;

export const pluginInstall = defineCommand({
  summary: 'install a plugin; it stays disabled until it is enabled',
  arguments: { path: { description: 'the folder of the plugin, or a .tar.gz of it' } },
  options: {},
  examples: ['snooze plugin install ./redis-monitor', 'snooze plugin install redis-monitor-1.0.0.tar.gz'],
  async run({ arguments: { path } }, context) {
    const { readPackage } = await import('@cloudsnooze/daemon/install/pack');
    const contents = await readPackage(path);
    const installed = await context.withDaemon((client) => upload(client, resolve(path), contents));
    if (context.json) printJson(context.output, installed);
    else printLines(context.output, installedLines(installed, context.style));
  },
});

async function upload(client: ControlClient, source: string, contents: Buffer) {
  const { upload: id } = await client.call('plugin.install.begin', { source });
  for (let start = 0; start < contents.length; start += CHUNK_BYTES) {
    const base64 = contents.subarray(start, start + CHUNK_BYTES).toString('base64');
    await client.call('plugin.install.chunk', { upload: id, base64 });
  }
  return await client.call('plugin.install.finish', { upload: id }, FINISH_TIMEOUT_MS);
}
