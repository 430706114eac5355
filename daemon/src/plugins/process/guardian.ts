import { type ChildProcess, spawn } from 'node:child_process';
import { DAEMON_MARK } from '../sandbox/leftovers.ts';

/**
 * Ends what the daemon would leave behind if it were killed: one tiny shell that holds a pipe from the daemon, knows
 * the process group of every plugin, and kills them all when the pipe ends.
 */
export type Guardian = {
  watch(processGroup: number): void;
  release(processGroup: number): void;
  /** Ends the shell; what it still watches is killed. */
  close(): void;
};

/**
 * dash understands this form of `kill` alone. Reads `+ GROUP` and `- GROUP`; at the end of input kills every group that
 * is left, and what has left its group and still has the daemon's mark ($0) in its environment: all of that is stopped
 * first, because what forks on is not caught.
 */
const SCRIPT = `
trap '' INT TERM HUP QUIT
groups=' '
while read -r word group; do
  case $word in
    +) groups="$groups$group " ;;
    -) case $groups in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
[ "$groups" = ' ' ] && exit
for signal in STOP STOP STOP KILL KILL; do
  for file in $(grep -las "$0" /proc/[0-9]*/environ); do
    pid=\${file#/proc/}; kill -s $signal "\${pid%/environ}" 2>/dev/null
  done
done
`;

/** Starts the shell with the first group that is watched, and again if somebody kills it. */
export function createGuardian(): Guardian {
  const groups = new Set<number>();
  let shell: ChildProcess | undefined;
  let closed = false;

  const start = (): ChildProcess => {
    // A session of its own: a ^C at the terminal must not end it before the daemon.
    const started = spawn('/bin/sh', ['-c', SCRIPT, DAEMON_MARK], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      env: {},
      cwd: '/',
    });
    started.on('error', () => {}); // a host without /bin/sh has no guardian; the plugins still see their stdin end
    started.stdin?.on('error', () => {});
    started.once('exit', () => {
      if (shell !== started) return;
      shell = undefined;
      if (!closed && groups.size > 0) shell = start();
    });
    started.unref();
    for (const group of groups) started.stdin?.write(`+ ${group}\n`);
    return started;
  };

  return {
    watch(processGroup) {
      if (closed) return;
      groups.add(processGroup);
      if (shell === undefined) shell = start();
      else shell.stdin?.write(`+ ${processGroup}\n`);
    },
    release(processGroup) {
      if (groups.delete(processGroup)) shell?.stdin?.write(`- ${processGroup}\n`);
    },
    close() {
      closed = true;
      shell?.stdin?.end();
    },
  };
}
