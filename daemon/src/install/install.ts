import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import isOlder from 'semver/functions/lt.js';
import { type Clock, rfc3339 } from '../clock.ts';
import type { CommandRunner } from '../command.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import { folderFaults, refuseFaults } from '../plugins/manifest/folder-faults.ts';
import type { Manifest } from '../plugins/manifest/manifest.ts';
import { inspectManifest, parseManifest } from '../plugins/manifest/read-manifest.ts';
import type { SandboxPolicy } from '../plugins/sandbox/confine.ts';
import { addedPermissions } from './added-permissions.ts';
import { type Asks, asksOf, checkApproval } from './approval.ts';
import { buildPlugin } from './build.ts';
import { refused } from './entry-name.ts';
import { hashFiles, integrityOfFile } from './hash-files.ts';
import { type Installed, openInstalled } from './installed.ts';
import { checkPrograms } from './programs.ts';
import { type Trust, type TrustPolicy, trustIn } from './trust.ts';
import { unpackPackage } from './unpack.ts';
import type { Upload } from './uploads.ts';

/** It is shown to whoever is asked, in one message of at most 1 MiB. */
const LARGEST_MANIFEST_BYTES = 256 * 1024;

/** A package that was unpacked and checked, and of which nothing has run or is in force yet. */
export type Staged = {
  manifest: Manifest;
  /** The version that it would replace. */
  replaces: string | null;
  /** Whether it is a version before that one. */
  older: boolean;
  /** What it asks for, for a person to approve of. */
  asks: Asks;
  /** What of it was not approved with that version, in words. */
  added: string[];
  integrity: string;
  trust: Trust;
};

/** A plugin that is put in force; `replaced` is the version that was there. */
export type Decided = {
  manifest: Manifest;
  directory: string;
  replaced: string | null;
  integrity: string;
  signed_by: string | null;
};

/** Where plugins come in. Each step throws SnoozeError SNOOZE_E_INSTALL and its like, and then nothing has changed. */
export type Installer = Installed & {
  /** A folder for one install; the package is written to `packageFile` in it. */
  open(): string;
  packageFile(staging: string): string;
  /** Checks the package's signature, unpacks it, and checks it whole. */
  stage(upload: Upload, policy: TrustPolicy): Promise<Staged>;
  /**
   * Builds what was staged, as long as somebody waits, locks its files and puts it in force; `decided` is told right
   * before that. The version before stays, for `rollback`. `approved` is what a person has approved of, the `asks` of
   * `stage`; without it, it may ask for no more than the version before.
   */
  commit(
    upload: Upload,
    { approved, decided, signal }: { approved: unknown; decided: (plugin: Decided) => void; signal: AbortSignal },
  ): Promise<Decided>;
  /** Removes what an install has left in its folder. */
  close(staging: string): void;
};

export type InstallerParts = {
  stateDirectory: string;
  run: CommandRunner;
  /** What holds a build. */
  sandbox: () => SandboxPolicy;
  clock: Clock;
};

export function createInstaller({ stateDirectory, run, sandbox, clock }: InstallerParts): Installer {
  const installed = openInstalled(stateDirectory, clock);
  const packageFile = (staging: string) => join(staging, 'package.tar.gz');
  const unpackedIn = (staging: string) => join(staging, 'new');
  const opened = new Set<string>();
  /** Where the plugin lies in what was unpacked. */
  const roots = new Map<string, { root: string; manifest: Manifest; integrity: string; signedBy: string | null }>();

  return {
    ...installed,
    open() {
      const staging = installed.makeStaging();
      opened.add(staging);
      return staging;
    },
    packageFile,
    stage: ({ staging, source, signature }, policy) =>
      withoutPath(unpackedIn(staging), `${source}: `, async () => {
        mkdirSync(unpackedIn(staging));
        const integrity = await integrityOfFile(packageFile(staging));
        const trust = await trustIn(packageFile(staging), signature, policy);
        const root = await unpackPackage(packageFile(staging), unpackedIn(staging));
        const manifest = manifestIn(root);
        checkPrograms(manifest);
        checkFolder(root, manifest.build !== undefined);
        installed.refuseForeign(manifest.name);
        if (!opened.has(staging)) throw new SnoozeError('SNOOZE_E_INSTALL', 'nobody waits for it any more');
        roots.set(staging, { root, manifest, integrity, signedBy: trust.signed_by });
        const before = installed.manifestOf(manifest.name);
        const approved = installed.approvedOf(manifest.name);
        const added = approved === undefined ? [] : addedPermissions(approved, manifest);
        const older = before !== undefined && isOlder(manifest.version, before.version);
        return { manifest, replaces: before?.version ?? null, older, asks: asksOf(manifest), added, integrity, trust };
      }).finally(() => {
        // it may have been closed while it was unpacked, which made its folders anew
        if (!opened.has(staging)) rmSync(staging, { recursive: true, force: true });
      }),
    commit: ({ staging, source }, { approved, decided, signal }) =>
      withoutPath(unpackedIn(staging), '', async () => {
        const staged = roots.get(staging);
        if (staged === undefined) throw new SnoozeError('SNOOZE_E_INSTALL', 'the package was not looked at before');
        const { root, manifest, integrity, signedBy } = staged;
        const { name, version } = manifest;
        checkApproval(manifest, { given: approved, before: installed.approvedOf(name), source });
        await buildPlugin(root, manifest, { run, sandbox: sandbox(), signal, cache: join(staging, 'cache') });
        if (!isDeepStrictEqual(manifestIn(root), manifest))
          throw new SnoozeError('SNOOZE_E_INSTALL', `${name}: its build has changed plugin.json, which was approved`);
        checkFolder(root, false);
        const files = await hashFiles(root);
        signal.throwIfAborted();
        const plugin = {
          manifest,
          directory: installed.pathOf(name),
          replaced: installed.manifestOf(name)?.version ?? null,
          integrity,
          signed_by: signedBy,
        };
        decided(plugin);
        const installedAt = rfc3339(clock.wallMs());
        installed.put(root, name, {
          version,
          source,
          integrity,
          signed_by: signedBy,
          installed_at: installedAt,
          approved: asksOf(manifest),
          files,
        });
        return plugin;
      }),
    close(staging) {
      opened.delete(staging);
      roots.delete(staging);
      rmSync(staging, { recursive: true, force: true });
    },
  };
}

/** What a build is still to make is not missed before; after it nothing may be missing. */
function checkFolder(root: string, isToBeBuilt: boolean): void {
  const inspected = inspectManifest(readFileSync(join(root, 'plugin.json'), 'utf8'));
  const { build: _, ...built } = inspected.value as Manifest;
  const path = process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  const faults = folderFaults({ ...inspected, value: built }, root, path);
  const isSetting = ({ path }: { path: string }) => path.startsWith('config_schema');
  refuseFaults(isToBeBuilt ? faults.filter(isSetting) : faults, inspected.placeOf);
}

function manifestIn(root: string): Manifest {
  const file = join(root, 'plugin.json');
  const { size } = statSync(file);
  if (size > LARGEST_MANIFEST_BYTES)
    throw refused(`plugin.json has ${size} bytes, at most ${LARGEST_MANIFEST_BYTES} are possible`);
  return parseManifest(readFileSync(file, 'utf8'), 'plugin.json');
}

/** The daemon's folders are nobody's business: each line begins with `start`, and names files as the package does. */
async function withoutPath<T>(unpacked: string, start: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof SnoozeError))
      throw new SnoozeError('SNOOZE_E_INSTALL', `${start}this cannot be installed: ${messageOf(error)}`, {
        cause: error,
      });
    const lines = error.message.replaceAll(`${unpacked}/`, '').split('\n');
    throw new SnoozeError(error.code, lines.map((line) => start + line).join('\n'), {
      ...(error.hint !== undefined && { hint: error.hint }),
      cause: error,
    });
  }
}
