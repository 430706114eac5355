import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Headers, pack } from 'tar-stream';
import { type Clock, systemClock } from '../../src/clock.ts';
import { runCommand } from '../../src/command.ts';
import { createInstaller } from '../../src/install/install.ts';
import type { Manifest } from '../../src/plugins/manifest/manifest.ts';

/** A tarball entry: what its header says, and its contents. */
export type MadeEntry = Partial<Headers> & { name: string; contents?: string | Buffer };

export const MANIFEST: Manifest = {
  name: 'mine',
  version: '1.0.0',
  type: 'external',
  exec: { command: './run.sh' },
};

/** The entries of a plugin that can be installed, with more or other ones after them. */
export function pluginEntries(manifest: object = MANIFEST, ...more: MadeEntry[]): MadeEntry[] {
  return [
    { name: 'package/plugin.json', contents: JSON.stringify(manifest) },
    { name: 'package/run.sh', contents: '#!/bin/sh\ncat >/dev/null\n', mode: 0o755 },
    ...more,
  ];
}

/** Writes a gzipped tarball with exactly these entries, whatever they are. */
export async function writeTarball(
  directory: string,
  entries: readonly MadeEntry[],
  name = 'made.tar.gz',
): Promise<string> {
  const tarball = pack();
  for (const { contents, ...header } of entries) {
    if (contents === undefined) tarball.entry(header);
    else tarball.entry(header, contents);
  }
  tarball.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tarball) chunks.push(chunk as Buffer);
  const file = join(directory, name);
  writeFileSync(file, gzipSync(Buffer.concat(chunks)));
  return file;
}

/** The installer of a state directory, and a function that takes a tarball through all of its steps. */
export function makeInstaller(stateDirectory: string, clock: Clock = systemClock) {
  const installer = createInstaller({ stateDirectory, run: runCommand, sandbox: () => 'auto', clock });
  return {
    installer,
    async install(tarball: string) {
      const staging = installer.open();
      try {
        copyFileSync(tarball, installer.packageFile(staging));
        const upload = { staging, source: tarball, signature: null };
        const staged = await installer.stage(upload, { trusted_keys: [], require_signature: false });
        return {
          ...staged,
          ...(await installer.commit(upload, {
            approved: staged.asks,
            decided() {},
            signal: new AbortController().signal,
          })),
        };
      } finally {
        installer.close(staging);
      }
    },
  };
}
