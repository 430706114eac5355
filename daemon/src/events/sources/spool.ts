import { constants, statSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describeError, messageOf, SnoozeError, systemCodeOf } from '../../errors.ts';
import { LARGEST_MESSAGE_BYTES, parseSentEvent } from './sent.ts';
import { defineSource, type SourceContext, type SourceHealth, type Watching } from './source.ts';
import { createSpoolWatch } from './spool-watch.ts';

/** Events that any program puts into a folder: written beside it, then moved in. */
export const spool = defineSource({
  name: 'spool',
  title: 'events put into a folder',
  applies: ({ config }) => config().sources.spool.enabled,
  watch: (context) => watchFolder(context, join(context.stateDirectory, 'events.d')),
});

function watchFolder(context: SourceContext, folder: string): Watching {
  const { clock, log, signal } = context;
  let health: SourceHealth = { status: 'starting', message: 'not looked yet', sinceWallMs: clock.wallMs() };
  const tell = (status: 'ok' | 'failing', message: string) => {
    if (health.status !== status && status === 'failing') log.warn({}, `${folder} is not fully watched: ${message}`);
    if (health.status === 'failing' && status === 'ok') log.info({}, `${folder} is watched again`);
    health = { status, message, sinceWallMs: health.status === status ? health.sinceWallMs : clock.wallMs() };
  };
  const watch = createSpoolWatch(folder, look);
  let isMade = false;
  let seenChange: string | undefined;
  let working: Promise<void> | undefined;
  let again = false;

  const work = async () => {
    let stay: number;
    let unwatched: string | undefined;
    try {
      // Whoever removes it later may be removing all that it lies in.
      if (!isMade) await makeFolder(folder);
      isMade = true;
      do {
        again = false;
        unwatched = watch.renew();
        seenChange = lastChange(folder);
        const names = await readdir(folder);
        stay = 0;
        for (const name of names.filter(isReady).sort())
          if (!signal.aborted && !(await take(context, folder, name))) stay += 1;
      } while (again && !signal.aborted);
      if (stay > 0) tell('failing', `files that stay until their events can be written down: ${stay}`);
      else if (unwatched !== undefined) tell('failing', unwatched);
      else tell('ok', folder);
    } catch (error) {
      const isGone = isMade && lastChange(folder) === undefined;
      tell('failing', isGone ? `there is no folder ${folder} any more: make it again` : describeError(error));
    }
  };
  function look(): void {
    again = true;
    working ??= work().finally(() => {
      working = undefined;
    });
  }
  look();
  // For what a watch misses, or where there can be none. A look each time would wake up threads of Node's, for a folder
  // that nothing has changed.
  const stopListening = context.onSample(() => {
    if (health.status !== 'ok' || lastChange(folder) !== seenChange) look();
  });
  const ended = new Promise<void>((resolve) => {
    const finish = () => {
      stopListening();
      watch.close();
      (working ?? Promise.resolve()).then(resolve, resolve);
    };
    if (signal.aborted) finish();
    else signal.addEventListener('abort', finish, { once: true });
  });
  return { ended, health: () => health };
}

/** Another text when something was moved into the folder, or another folder lies there. */
function lastChange(folder: string): string | undefined {
  try {
    const { ino, mtimeMs } = statSync(folder);
    return `${ino} ${mtimeMs}`;
  } catch {
    return undefined; // there is none, or a look says why
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
  }
}

/** A file that is still being written has another name: `.x.json`, or `x.json.tmp`. */
function isReady(name: string): boolean {
  return name.endsWith('.json') && !name.startsWith('.');
}

/**
 * Sends what a file holds, then takes it away; anything that holds no event is set aside as `<name>.rejected`.
 * @returns false where it stays, because its event is in memory alone.
 */
async function take({ send, log, clock }: SourceContext, folder: string, name: string): Promise<boolean> {
  const path = join(folder, name);
  try {
    const { text, id } = await readMessage(path);
    // The same file after a crash in between is the same event.
    const sent = await send({ id, ...parseSentEvent(text, 'spool') });
    if (!sent.durable) return false;
    if (sent.known === 'different')
      log.warn({}, `${path}: ${sent.id} was sent before with other content; it is not dispatched again`);
    await rm(path, { force: true });
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return true;
    // What cannot be written down now is tried again.
    if (error instanceof SnoozeError && error.code !== 'SNOOZE_E_EVENT_INVALID') throw error;
    const aside = await setAside(path, clock.wallMs());
    log.warn({}, `${path}: ${messageOf(error)}; it is set aside as ${aside}`);
  }
  return true;
}

/** In the place of an earlier one of that name; a folder makes no place, then the time is added. Gives the new name. */
async function setAside(path: string, nowMs: number): Promise<string> {
  const aside = `${path}.rejected`;
  try {
    await rename(path, aside);
    return basename(aside);
  } catch {
    await rename(path, `${aside}.${nowMs}`);
    return basename(`${aside}.${nowMs}`);
  }
}

/** Follows no link, and waits for nobody at the other end of a pipe. */
async function readMessage(path: string): Promise<{ text: string; id: string }> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error) => {
    throw systemCodeOf(error) === 'ELOOP' ? notTaken('it is a link, and must be a file') : error;
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw notTaken('it is no file');
    // When it was moved in: a copy may keep the time of what it is a copy of, and have the number of the one before.
    const { size, ino, ctimeMs } = stat;
    if (size > LARGEST_MESSAGE_BYTES)
      throw notTaken(`the file has ${size} bytes, at most ${LARGEST_MESSAGE_BYTES} are possible`);
    return { text: await file.readFile('utf8'), id: `spool:${ino}:${Math.round(ctimeMs * 1000)}` };
  } finally {
    await file.close();
  }
}

function notTaken(why: string): SnoozeError {
  return new SnoozeError('SNOOZE_E_EVENT_INVALID', `the event cannot be taken: ${why}`);
}
