import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { packFolder } from '../pack.ts';
import { definePackageSource } from './source.ts';

/** A folder of this machine, packed as it is now. */
export const folder = definePackageSource({
  name: 'folder',
  is: (typed) => typed !== '' && statSync(resolve(typed), { throwIfNoEntry: false })?.isDirectory() === true,
  async fetch(typed) {
    const source = resolve(typed);
    return { contents: await packFolder(source), source, signature: null };
  },
});
