import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../errors.ts';
import { packFolder } from '../pack.ts';
import { cannotFetch, definePackageSource, type FetchOptions, isLoopback } from './source.ts';

const TIMEOUT_MS = 300_000;
/** `git@host:path`, as git's own pages write it. */
const SCP_LIKE = /^[\w.-]+@[\w.-]+:[^:]/;
const REMOTE = /^(git\+(https?|ssh|file)|ssh|git):\/\//i;

/** A repository, at a branch, a tag or a commit behind `#`, fetched by the git program without its history. */
export const git = definePackageSource({
  name: 'git',
  is: (typed) => REMOTE.test(typed) || SCP_LIKE.test(typed) || /^https?:\/\/[^#]+\.git(#.*)?$/i.test(typed),
  async fetch(typed, options) {
    const [address = '', reference = 'HEAD'] = typed.split(/#(.*)/s);
    const remote = address.replace(/^git\+/i, '');
    if (!/^[\w][\w./-]*$/.test(reference))
      throw cannotFetch(typed, `${reference} cannot be a branch, a tag or a commit`);
    const directory = mkdtempSync(join(tmpdir(), 'snooze-git-'));
    try {
      const call = (...args: string[]) => callGit(typed, ['-C', directory, ...settingsFor(remote), ...args], options);
      await call('init', '--quiet', '--template=');
      await call('fetch', '--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', '--', remote, reference);
      await call('checkout', '--quiet', '--detach', 'FETCH_HEAD');
      return { contents: await packFolder(directory, typed), source: typed, signature: null };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
});

/** Nothing but the transport that was typed, and nothing that would run a program of the repository. */
function settingsFor(remote: string): string[] {
  const isPlainHttp = /^http:/i.test(remote) && isLoopback(new URL(remote));
  const allowed = ['https', 'ssh', 'file', ...(isPlainHttp ? ['http'] : [])];
  const settings = [
    'protocol.allow=never',
    ...allowed.map((protocol) => `protocol.${protocol}.allow=always`),
    'core.hooksPath=/dev/null',
    'core.fsmonitor=false',
    'submodule.recurse=false',
    'advice.detachedHead=false',
  ];
  return settings.flatMap((setting) => ['-c', setting]);
}

/** What went wrong comes first; that it went wrong comes last. */
function firstFault(stderr: string): string {
  const lines = stderr.split(/\r?\n/).filter((line) => line.trim() !== '' && !/^warning/i.test(line));
  return lines[0]?.replace(/^(fatal|error): /, '') ?? 'git said nothing';
}

async function callGit(
  typed: string,
  args: readonly string[],
  { environment, run, signal }: FetchOptions,
): Promise<void> {
  const inherited = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined || /^GIT_(DIR|WORK_TREE|INDEX_FILE|CONFIG.*|TEMPLATE_DIR)$/.test(name) ? [] : [[name, value]],
  );
  const env = {
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
    ...Object.fromEntries(inherited),
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
  const { exitCode, stderr } = await run('git', args, { timeoutMs: TIMEOUT_MS, env, signal }).catch(
    (cause: unknown) => {
      const isMissing = messageOf(cause).includes('there is no such program');
      throw cannotFetch(typed, messageOf(cause), { cause, ...(isMissing && { hint: 'install git' }) });
    },
  );
  if (exitCode !== 0) throw cannotFetch(typed, firstFault(stderr));
}
