import { realpathSync } from 'node:fs';
import type { Clock } from './clock.ts';
import type { Configuration } from './configuration.ts';
import type { ControlHandlers } from './control/server.ts';
import { messageOf, SnoozeError } from './errors.ts';
import type { Decided, Installer } from './install/install.ts';
import { createUploads } from './install/uploads.ts';
import type { PluginHost, PluginSummary } from './plugins/host.ts';
import { describeSandbox } from './plugins/sandbox/enforcement.ts';
import { RUNS_ON } from './plugins/survey.ts';
import { RpcAnswerError } from './rpc/errors.ts';
import type { History } from './store/store.ts';

export type InstallMethodParts = {
  plugins: PluginHost;
  installer: Installer;
  configuration: Configuration;
  history: History;
  clock: Clock;
  /** Looks at the host again, with the plugins that there are now. */
  lookSoon: () => void;
};

type InstallMethods = Pick<
  ControlHandlers,
  Extract<keyof ControlHandlers, `plugin.install.${string}`> | 'plugin.installed' | 'plugin.rollback'
>;

/** How plugins come in over the control socket, and how they go back to the version before. */
export function installMethods({
  plugins,
  installer,
  configuration,
  history,
  clock,
  lookSoon,
}: InstallMethodParts): InstallMethods {
  const uploads = createUploads(installer, clock);
  const note = (cause: string, summary: string) => history.add({ kind: 'plugin', cause, summary });
  const adopt = async () => {
    await plugins.reload();
    lookSoon();
  };
  const runningOf = (plugin: string) =>
    plugins
      .list()
      .filter((one) => one.plugin === plugin && one.state === 'running')
      .map(({ instance }) => instance);

  /** On record before it is in force. */
  const decided =
    (source: string, cause: string, isUpdate: boolean) =>
    ({ manifest: { name, version }, replaced, integrity, signed_by }: Decided) => {
      const instead = replaced === null ? '' : `, in the place of ${replaced}`;
      const summary =
        isUpdate && replaced !== null
          ? `${name} is updated from ${replaced} to ${version}, fetched from ${source}`
          : `${name} ${version} is installed from ${source}${instead}`;
      history.add({ kind: 'plugin', cause, summary, details: { integrity, signed_by } });
    };

  /** What ran before, and does not run or answer its first question now, gets its old version back. */
  const keepRunning = async (plugin: string, version: string, ran: readonly string[], cause: string) => {
    const whyNot = async ({ instance, state, last_error: lastError, degraded }: PluginSummary) => {
      if (state === 'failed') return lastError ?? 'it does not say why';
      if (degraded?.startsWith(RUNS_ON)) return degraded;
      try {
        await plugins.tryOut(instance);
        return undefined;
      } catch (error) {
        return whyNoVerdict(error);
      }
    };
    const inUse = plugins.list().filter(({ instance }) => ran.includes(instance));
    const why = (await Promise.all(inUse.map(whyNot))).find((one) => one !== undefined);
    if (why === undefined) return;
    const { to } = installer.before(plugin);
    note(`${cause}: it did not start`, `${plugin} ${version} gives way to ${to} again: ${why}`);
    installer.giveUp(plugin);
    await adopt();
    throw new SnoozeError(
      'SNOOZE_E_PLUGIN_START',
      `${plugin} ${version} did not start, so ${to} is in force again: ${why}`,
    );
  };

  return {
    'plugin.install.begin': ({ source, signature = null }, { gone }) => ({
      upload: uploads.begin(source, signature, gone),
    }),
    'plugin.install.chunk'({ upload, base64 }) {
      uploads.append(upload, Buffer.from(base64, 'base64'));
      return {};
    },
    async 'plugin.install.inspect'({ upload }) {
      const found = uploads.find(upload);
      const policy = configuration.current().plugins;
      try {
        const { trust, ...staged } = await installer.stage(found, policy);
        const sandbox = await describeSandbox(staged.manifest, policy.sandbox);
        return { ...staged, source: found.source, sandbox, signed_by: trust.signed_by, signature: trust.words };
      } catch (error) {
        uploads.end(upload);
        throw error;
      }
    },
    'plugin.install.cancel'({ upload }) {
      uploads.end(upload);
      return {};
    },
    async 'plugin.install.finish'({ upload, approved, update }, caller) {
      const cause = await caller.cause(`snooze plugin ${update ?? 'install'}`);
      const found = uploads.take(upload);
      try {
        const { manifest, directory, replaced } = await installer.commit(found, {
          approved,
          decided: decided(found.source, cause, update !== undefined),
          signal: caller.signal,
        });
        const { name, version } = manifest;
        const ran = runningOf(name);
        await adopt();
        await keepRunning(name, version, ran, cause);
        const used = plugins.list().filter(({ plugin }) => plugin === name);
        const hiding = used.find((one) => one.directory !== realpathSync(directory))?.directory ?? null;
        return { manifest, directory, replaced, enabled: used.some(({ enabled }) => enabled), hidden_by: hiding };
      } finally {
        installer.close(found.staging);
      }
    },
    'plugin.installed': () =>
      Promise.all(
        installer.installed().map(async (one) => ({ ...one, changed: await installer.changeOf(one.plugin) })),
      ),
    async 'plugin.rollback'({ name }, caller) {
      const cause = await caller.cause('snooze plugin rollback');
      const { from, to } = installer.before(name);
      note(cause, `${name} is rolled back from ${from} to ${to}`);
      installer.rollback(name);
      await adopt();
      return { from, to };
    },
  };
}

/** Why a plugin that was tried out is of no use; undefined where it runs and does not know, or is slow. */
function whyNoVerdict(error: unknown): string | undefined {
  const cause = error instanceof Error && error.cause ? error.cause : error;
  if (cause instanceof RpcAnswerError) return undefined;
  return cause instanceof SnoozeError && cause.code === 'SNOOZE_E_PLUGIN_TIMEOUT' ? undefined : messageOf(cause);
}
