import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import { SnoozeError } from '@cloudsnooze/daemon/errors';
import { type CommandContext, printLines } from './context.ts';
import { fetchFor, type InstalledPackage, installPackage, type UpdateCommand } from './install-package.ts';
import { installedLine } from './render/installed.ts';
import { clean } from './render/text.ts';

type Installed = ControlMethods['plugin.installed']['result'][number];

/** Each file of each plugin is read. */
const TIMEOUT_MS = 180_000;

/** One version of a repository or of npm, which never becomes another: `local:mine@1.0.0`. */
const PINNED = /^([\w-]+:(?!\/\/).+)@\d+\.\d+\.\d+[\w.+-]*$/;

/** What became of an update; `installed` is null where nothing newer was there in its `source`. */
export type Update = { plugin: string; version: string; source: string; installed: InstalledPackage | null };

/** The plugins that snooze has installed. */
export async function installedPlugins(context: CommandContext): Promise<Installed[]> {
  return await context.withDaemon((client) => client.call('plugin.installed', {}, TIMEOUT_MS));
}

/**
 * Fetches a plugin from where it came from, and installs it where that is another package, or where what is installed is
 * not as it was. A person is asked only where it asks for more than before, goes back to an older version, is not signed
 * any more, or comes from a repository that is not trusted.
 * @throws SnoozeError SNOOZE_E_INSTALL when something else is there now; and whatever an install throws.
 */
export async function updatePlugin(
  { plugin, version, source, integrity, changed, signed_by: signedBefore }: Installed,
  { context, yes, update }: { context: CommandContext; yes: boolean; update: UpdateCommand },
): Promise<Update> {
  const fetched = await fetchFor(source, context);
  if (fetched.integrity === integrity) {
    if (changed === null) return { plugin, version, source, installed: null };
    const why = `${plugin} ${version} is not as it was installed, and is installed anew: ${changed}`;
    if (!context.json) printLines(context.output, [clean(why)]);
  }
  const installed = await installPackage(fetched, {
    context,
    update,
    consent({ manifest, added, older, signed_by: signedNow }) {
      if (manifest.name !== plugin)
        throw new SnoozeError('SNOOZE_E_INSTALL', `${source} is ${manifest.name} now, and no longer ${plugin}`);
      const lostSignature = signedBefore !== null && signedNow === null;
      if (added.length === 0 && !older && !lostSignature && fetched.doubt === undefined) return 'not needed';
      return yes ? 'given' : 'ask';
    },
  });
  return { plugin, version: installed.manifest.version, source, installed };
}

/** Says what became of an update. */
export function printUpdate({ installed, ...update }: Update, { output, style }: CommandContext): void {
  printLines(output, [installed === null ? asItWas(update) : installedLine(installed, style)]);
}

function asItWas({ plugin, version, source }: Omit<Update, 'installed'>): string {
  const [, unpinned] = PINNED.exec(source) ?? [];
  if (unpinned === undefined) return `${plugin} ${version} is up to date`;
  return `${plugin} stays at ${version}, because it was installed as ${source}; the newest: snooze plugin install ${unpinned}`;
}
