import type { CommandRunner } from '../../command.ts';
import { SnoozeError } from '../../errors.ts';
import type { Repository } from '../repository.ts';

/** A package as it came from somewhere. */
export type FetchedPackage = {
  /** A gzipped tarball. */
  contents: Buffer;
  /** What to type to have it from there again. */
  source: string;
  /** The text of its minisign signature, where one lies beside it. */
  signature: string | null;
  /** Why a person must be asked, whatever it is; undefined where there is no such reason. */
  doubt?: string;
  /** What the place says the package is; undefined where it says nothing. */
  promised?: { name: string; version: string };
};

export type FetchOptions = {
  /** The URL of the registry for npm packages; empty for npm's own. */
  registry: () => Promise<string>;
  /** `plugins.external_repositories`. */
  repositories: () => Promise<Repository[]>;
  environment: Readonly<Record<string, string | undefined>>;
  run: CommandRunner;
  signal: AbortSignal;
};

/** One kind of place that a plugin can come from. */
export type PackageSource = {
  name: string;
  /** Whether what was typed names such a place; the first source that says so is asked. */
  is(typed: string): boolean;
  /** @throws SnoozeError SNOOZE_E_FETCH or SNOOZE_E_INSTALL */
  fetch(typed: string, options: FetchOptions): Promise<FetchedPackage>;
};

/** Gives a source its type. */
export function definePackageSource(source: PackageSource): PackageSource {
  return source;
}

/** The error for a package that could not be had. */
export function cannotFetch(what: string, why: string, options: { hint?: string; cause?: unknown } = {}): SnoozeError {
  return new SnoozeError('SNOOZE_E_FETCH', `${what}: ${why}`, options);
}

/** Whether a URL leads to this machine, where no connection needs to be encrypted. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
