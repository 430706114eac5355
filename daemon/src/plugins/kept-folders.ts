import { existsSync, readdirSync, rmSync } from 'node:fs';
import { filesDirectoryOf, stateDirectoryOf } from './load-plugin.ts';

/** The folders in which an instance has kept something. */
export function keptFolders(instance: string, stateDirectory: string): string[] {
  return foldersOf(instance, stateDirectory).filter((folder) => existsSync(folder) && readdirSync(folder).length > 0);
}

/** Removes them. */
export function removeKept(instance: string, stateDirectory: string): void {
  for (const folder of foldersOf(instance, stateDirectory)) rmSync(folder, { recursive: true, force: true });
}

function foldersOf(instance: string, stateDirectory: string): string[] {
  return [stateDirectoryOf(instance, stateDirectory), filesDirectoryOf(instance, stateDirectory)];
}
