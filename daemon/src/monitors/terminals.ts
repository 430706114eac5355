import type { HostFiles } from './host-files.ts';

/** A terminal with the times (Unix ms) at which it was last read and written. */
export type Terminal = { name: string; kind: 'pseudo' | 'console'; atimeMs: number; mtimeMs: number };

/**
 * Lists the terminals that somebody can sit at: pseudo-terminals (SSH, tmux, windows of a desktop), the virtual
 * consoles that are in use, and serial ports that have hardware. The kernel has nodes for 63 virtual and up to 32
 * serial consoles on any host; those that are not in use are not looked at. Serial ports are found once.
 * @returns a function that reads the times of all of them; it throws where the host's terminals cannot be seen.
 */
export function createTerminals(files: HostFiles): () => Terminal[] {
  const serial = serialConsoles(files);
  const read = (name: string, kind: Terminal['kind']): Terminal[] => {
    const times = files.terminalTimes(name);
    return times === undefined ? [] : [{ name, kind, ...times }];
  };
  return () => {
    const pseudo = files.listDev('pts');
    // every devpts has a ptmx: without it this is not the host's, and a terminal in use would look like none
    if (!pseudo.includes('ptmx')) throw new Error('the terminals of this host cannot be seen: /dev/pts is empty');
    return [
      ...pseudo.flatMap((name) => (name === 'ptmx' ? [] : read(`pts/${name}`, 'pseudo'))),
      ...[...virtualConsoles(files), ...serial].flatMap((name) => read(name, 'console')),
    ];
  };
}

/** The kernel makes a `vcsN` for a virtual console while it is in use (by a login prompt, a desktop): vcs(4). */
function virtualConsoles(files: HostFiles): string[] {
  return files.listSys('class/vc').flatMap((name) => (/^vcs\d+$/.test(name) ? [`tty${name.slice(3)}`] : []));
}

/** Kernel consoles that are no virtual one (`ttyS0`, `hvc0`), and serial ports whose type is not 0, "unknown". */
function serialConsoles(files: HostFiles): string[] {
  const active = (files.sys('class/tty/console/active') ?? '').split(' ').filter((name) => !/^(tty\d+)?$/.test(name));
  const ports = files
    .listSys('class/tty')
    .filter((name) => /^tty(S|AMA)\d+$/.test(name) && files.sys(`class/tty/${name}/type`) !== '0');
  return [...new Set([...active, ...ports])];
}
