/** Reads `/proc`, `/sys` and `/dev`; the roots are settable for tests and containers. */
export type HostFiles = {
  /** A file of /proc, such as `stat` or `net/dev`, as text. The descriptor is kept open between calls. */
  proc(path: string): string;
  /** A file of /sys as trimmed text, or undefined where it does not exist. */
  sys(path: string): string | undefined;
  /** Names in a folder of /sys, or an empty list where it does not exist. */
  listSys(path: string): string[];
  /** Where /sys/<path> leads when links are followed, or undefined where it does not exist. */
  resolveSys(path: string): string | undefined;
  /** Names in a folder of /dev, with the access and modification times (Unix ms) of each character device. */
  listTerminals(path: string): { name: string; atimeMs: number; mtimeMs: number }[];
  /** Closes every kept descriptor. */
  close(): void;
};
