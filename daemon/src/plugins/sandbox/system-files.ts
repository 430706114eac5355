import { existsSync, lstatSync, readlinkSync } from 'node:fs';

/** Where a system keeps its programs and libraries; all of it can be read by everybody anyway. */
const PROGRAMS = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store', '/gnu/store'];

/** What libraries read of /etc: names, time, certificates. Nothing that holds a secret. */
const SETTINGS = [
  'alternatives',
  'ca-certificates',
  'crypto-policies',
  'gai.conf',
  'group',
  'host.conf',
  'hosts',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'machine-info',
  'mime.types',
  'nsswitch.conf',
  'os-release',
  'passwd',
  'pki/ca-trust',
  'pki/tls/cert.pem',
  'pki/tls/certs',
  'protocols',
  'resolv.conf',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
  'timezone',
];

/** A system's folder: bound, or where it is a link (`/bin` → `usr/bin`) made again. */
export type SystemFolder = { path: string; link: string | null };

/** The system's folders for programs that this host has. */
export function systemFolders(): SystemFolder[] {
  return PROGRAMS.filter((path) => existsSync(path)).map((path) => ({
    path,
    link: lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null,
  }));
}

/** The files of /etc that a plugin may see, whether this host has them or not. */
export function systemSettings(): string[] {
  return SETTINGS.map((name) => `/etc/${name}`);
}
