import type { ControlMethods } from '@cloudsnooze/daemon/control/api';
import type { ControlClient } from '@cloudsnooze/daemon/control/client';
import { SnoozeError } from '@cloudsnooze/daemon/errors';
import type { FetchedPackage } from '@cloudsnooze/daemon/install/fetch';
import type { Repository } from '@cloudsnooze/daemon/install/repository';
import { type CommandContext, printLines } from './context.ts';
import { packageLines } from './render/installed.ts';

type Inspected = ControlMethods['plugin.install.inspect']['result'];
export type InstalledPackage = Inspected & ControlMethods['plugin.install.finish']['result'];

/** In base64 well under the 1 MiB that one message may have. */
const CHUNK_BYTES = 256 * 1024;
/** Unpacking is quick; a plugin that is compiled on this host is not. */
const TIMEOUT_MS = 600_000;

/** Gets a package from where it was said to be, as the user who runs this program. */
export async function fetchFor(
  typed: string,
  context: CommandContext,
): Promise<FetchedPackage & { integrity: string }> {
  const { fetchPackage } = await import('@cloudsnooze/daemon/install/fetch');
  return await fetchPackage(typed, {
    environment: context.environment,
    signal: context.interrupted(),
    registry: async () => String(await configured('plugins.npm_registry', context)),
    repositories: async () => await repositoriesOf(context),
  });
}

/** The repositories of the daemon's configuration. */
export async function repositoriesOf(context: CommandContext): Promise<Repository[]> {
  return (await configured('plugins.external_repositories', context)) as Repository[];
}

async function configured(key: string, context: CommandContext): Promise<unknown> {
  return (await context.withDaemon((client) => client.call('config.get', { key }))).value;
}

/** Which command has fetched a package again; undefined for `install`. The history names it. */
export type UpdateCommand = ControlMethods['plugin.install.finish']['params']['update'];

/** Whether a person must be asked, has said yes before, or need not: then the daemon takes no more than it was told to before. */
type Consent = (inspected: Inspected) => 'ask' | 'given' | 'not needed';

/**
 * Sends a package to the daemon, shows what it is, asks where `consent` says so, and has it installed.
 * @throws SnoozeError SNOOZE_E_USAGE where nobody can be asked, SNOOZE_E_INSTALL when the answer is no.
 */
export async function installPackage(
  fetched: FetchedPackage,
  options: { context: CommandContext; consent: Consent; update?: UpdateCommand },
): Promise<InstalledPackage> {
  const { context } = options;
  const interrupted = context.interrupted();
  return await context.withDaemon(async (client) => {
    // The daemon ends what nobody waits for.
    interrupted.addEventListener('abort', () => client.close(), { once: true });
    if (interrupted.aborted) client.close(); // while the package was fetched
    try {
      return await install(client, fetched, options);
    } catch (error) {
      if (!interrupted.aborted) throw error;
      throw new SnoozeError('SNOOZE_E_INSTALL', `${fetched.source}: interrupted`, { cause: error });
    }
  });
}

async function install(
  client: ControlClient,
  fetched: FetchedPackage,
  { context, consent, update }: Parameters<typeof installPackage>[1],
): Promise<InstalledPackage> {
  const upload = await send(client, fetched);
  const inspected = await client.call('plugin.install.inspect', { upload }, TIMEOUT_MS);
  let approved = true;
  try {
    keepsPromise(fetched, inspected);
    if (!context.json) printLines(context.output, packageLines(inspected, context.style, fetched.doubt));
    const needed = consent(inspected);
    if (needed === 'ask') await ask(inspected, context);
    approved = needed !== 'not needed';
  } catch (error) {
    await client.call('plugin.install.cancel', { upload });
    throw error;
  }
  const finish = { upload, ...(approved && { approved: inspected.asks }), ...(update && { update }) };
  const installed = await client.call('plugin.install.finish', finish, TIMEOUT_MS);
  return { ...inspected, ...installed };
}

/** @throws SnoozeError SNOOZE_E_FETCH where a repository gives another plugin, or version, than its index says. */
function keepsPromise({ promised, source }: FetchedPackage, { manifest: { name, version } }: Inspected): void {
  if (promised === undefined || (promised.name === name && promised.version === version)) return;
  throw new SnoozeError(
    'SNOOZE_E_FETCH',
    `${source}: the index promises ${promised.name} ${promised.version}, the package is ${name} ${version}`,
    { hint: 'tell whoever keeps the repository to make its index anew with: snooze plugin index' },
  );
}

async function send(client: ControlClient, { source, contents, signature }: FetchedPackage): Promise<string> {
  const begin = { source, ...(signature !== null && { signature }) };
  const { upload } = await client.call('plugin.install.begin', begin);
  for (let start = 0; start < contents.length; start += CHUNK_BYTES) {
    const base64 = contents.subarray(start, start + CHUNK_BYTES).toString('base64');
    await client.call('plugin.install.chunk', { upload, base64 });
  }
  return upload;
}

async function ask({ manifest }: Inspected, { confirm, json }: CommandContext): Promise<void> {
  const what = `${manifest.name} ${manifest.version}`;
  if (confirm === null || json) {
    throw new SnoozeError('SNOOZE_E_USAGE', `${what} is not installed: there is no terminal to ask on`, {
      hint: 'if you trust it, add --yes',
    });
  }
  if (await confirm(`Install ${what}?`)) return;
  throw new SnoozeError('SNOOZE_E_INSTALL', `${what} is not installed`);
}
