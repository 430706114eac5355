import { existsSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { onFolderChange } from '../folder-watch.ts';
import type { LoaderParts } from '../load-plugin.ts';
import type { InstanceSpec } from '../manifest/instance-spec.ts';
import { RUNS_ON } from '../survey.ts';

/** Watches the files of a plugin that runs: it runs on as it was, and could not be started again. */
export type AlteredFiles = {
  /** What is not as it was when it was started; null where all is. */
  altered(): string | null;
  /** It is running; told again it goes on watching. */
  begin(): void;
  end(): void;
};

export function watchFiles(
  spec: InstanceSpec,
  {
    verify,
    isInUse,
    clock,
    log,
  }: Pick<LoaderParts, 'verify'> & { isInUse: (spec: InstanceSpec) => boolean; clock: Clock; log: Log },
): AlteredFiles {
  const { instance, directory, manifest } = spec;
  let altered: string | null = null;
  let watch: { end: () => void } | undefined;

  const whyGone = () => (existsSync(directory) ? null : `${RUNS_ON}: its folder ${directory} is gone`);

  const findFault = async (): Promise<string | null> => {
    const gone = whyGone();
    if (gone !== null) return gone;
    try {
      await verify?.(directory, manifest);
      return null;
    } catch (error) {
      return `${RUNS_ON}: ${messageOf(error)}`;
    }
  };

  const arm = () => {
    const own = { end: onFolderChange(directory, clock, () => void look()) };
    const look = async () => {
      const found = await findFault();
      // one that is uninstalled, or makes way for another version, is ending
      if (watch !== own || !isInUse(spec)) return;
      if (found !== null && found !== altered) log.warn({ plugin: instance }, found);
      altered = found;
      arm();
    };
    watch = own;
  };

  return {
    // a folder that is moved away with the one around it tells its watch nothing
    altered: () => altered ?? (watch === undefined ? null : whyGone()),
    begin() {
      if (watch === undefined) arm();
    },
    end() {
      watch?.end();
      watch = undefined;
      altered = null;
    },
  };
}
