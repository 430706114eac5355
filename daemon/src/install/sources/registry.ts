import { file } from './file.ts';
import { folder } from './folder.ts';
import { git } from './git.ts';
import { npm } from './npm.ts';
import { repository } from './repository.ts';
import type { PackageSource } from './source.ts';
import { url } from './url.ts';

/** Every source; the first one whose kind it is. A path that exists is never taken for the name of a package. */
export const SOURCES: readonly PackageSource[] = [git, url, folder, repository, npm, file];
