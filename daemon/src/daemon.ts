import type { Arguments } from './arguments.ts';
import { startControlServer } from './control/server.ts';
import { controlHandlers } from './control-methods.ts';
import { openState } from './open.ts';
import { joinParts } from './parts.ts';
import { noteResume } from './resume.ts';
import { VERSION } from './version.ts';
import { describeWatch } from './watch/describe.ts';

/** The running daemon. */
export type Daemon = {
  reload(cause: string): Promise<void>;
  /** Ends everything: afterwards no child, socket or timer is left. */
  stop(cause: string): Promise<void>;
};

/**
 * Starts a daemon; it is ready when the promise resolves.
 * @throws SnoozeError when the configuration, the state directory or the socket cannot be used.
 */
export async function startDaemon(typed: Arguments): Promise<Daemon> {
  const opened = openState(typed, process.env);
  const { clock, socket, log, store, notify } = opened;
  const parts = joinParts(opened);
  const { configuration, plugins } = parts;
  const control = await startControlServer(
    socket,
    controlHandlers({ ...parts, store, history: store.history, clock }),
    { clock, log },
  ).catch(async (error: unknown) => {
    await parts.stop('the control socket cannot be used');
    opened.close();
    throw error;
  });

  store.history.add({ kind: 'daemon', cause: 'start', summary: `snoozed ${VERSION} started` });
  log.info({ pid: process.pid, socket }, `snoozed ${VERSION} is ready: ${describeWatch(configuration.current())}`);
  notify.ready();

  const began = (async () => {
    await Promise.all([parts.prepared, parts.pluginsStarted]);
    parts.lookSoon();
    const resume = noteResume(store.history, clock);
    if (resume !== undefined) await plugins.afterResume(resume);
  })();

  let ending: Promise<void> | undefined;
  const stop = async (cause: string) => {
    log.info({}, `ending: ${cause}`);
    notify.stopping();
    store.history.add({ kind: 'daemon', cause, summary: `snoozed ${VERSION} ended` });
    const closed = control.close();
    await parts.stop(`snoozed ends: ${cause}`);
    await began;
    await closed;
    opened.close();
  };
  return {
    async reload(cause) {
      notify.reloading();
      await configuration.reload(cause).catch(() => {}); // it is in the log and in `status`
      notify.ready();
    },
    stop(cause) {
      ending ??= stop(cause);
      return ending;
    },
  };
}
