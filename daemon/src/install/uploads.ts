import { randomUUID } from 'node:crypto';
import { appendFileSync, statSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import { messageOf, SnoozeError } from '../errors.ts';
import type { Installer } from './install.ts';
import { LARGEST_PACKAGE_BYTES, LARGEST_PACKAGE_MIB } from './read-tarball.ts';

/** A person who is asked may take this long to answer. */
const KEPT_MS = 15 * 60_000;

/** A package on its way from a client of the control socket. */
export type Upload = { staging: string; source: string; signature: string | null };

export type Uploads = {
  /** @param gone resolves when its client is. */
  begin(source: string, signature: string | null, gone: Promise<void>): string;
  /** @throws SnoozeError SNOOZE_E_INSTALL when the package is too large, or the disk is full; then the upload is over. */
  append(id: string, bytes: Buffer): void;
  /** @throws SnoozeError SNOOZE_E_INSTALL */
  find(id: string): Upload;
  /** Hands an upload over: it is for the caller to close its folder. @throws SnoozeError SNOOZE_E_INSTALL */
  take(id: string): Upload;
  /** Ends an upload and removes what it has left; one that is over already is no error. */
  end(id: string): void;
};

/** Keeps uploads until they are ended, their client is gone, or nobody has cared for too long. */
export function createUploads(installer: Pick<Installer, 'open' | 'close' | 'packageFile'>, clock: Clock): Uploads {
  const uploads = new Map<string, Upload & { cancelTimer: () => void }>();
  const forget = (id: string) => {
    const upload = uploads.get(id);
    uploads.delete(id);
    upload?.cancelTimer();
    return upload;
  };
  const end = (id: string) => {
    const upload = forget(id);
    if (upload !== undefined) installer.close(upload.staging);
  };
  const find = (id: string) => {
    const upload = uploads.get(id);
    if (upload !== undefined) return upload;
    throw new SnoozeError('SNOOZE_E_INSTALL', `there is no upload ${id}, or no more`, { hint: 'install again' });
  };
  return {
    find,
    take(id) {
      const upload = find(id);
      forget(id);
      return upload;
    },
    end,
    begin(source, signature, gone) {
      const id = randomUUID();
      const cancelTimer = clock.after(KEPT_MS, () => end(id));
      const staging = installer.open();
      uploads.set(id, { staging, source, signature, cancelTimer });
      gone.then(
        () => end(id),
        () => {},
      );
      return id;
    },
    append(id, bytes) {
      const { staging, source } = find(id);
      try {
        const file = installer.packageFile(staging);
        appendFileSync(file, bytes, { mode: 0o640 });
        if (statSync(file).size <= LARGEST_PACKAGE_BYTES) return;
      } catch (error) {
        end(id);
        const message = `${source}: this cannot be installed: ${messageOf(error)}`;
        throw new SnoozeError('SNOOZE_E_INSTALL', message, { cause: error });
      }
      end(id);
      throw new SnoozeError('SNOOZE_E_INSTALL', `${source}: the package has more than ${LARGEST_PACKAGE_MIB} MiB`);
    },
  };
}
