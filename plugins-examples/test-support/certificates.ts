import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM files: who vouches for the server at `localhost` and 127.0.0.1, its key, its certificate, and one that has expired. */
export type Certificates = { authority: string; stranger: string; key: string; certificate: string; expired: string };

/** Makes an authority, a server's certificates signed by it, and another authority that has signed nothing. */
export function makeCertificates(folder: string): Certificates {
  mkdirSync(folder, { recursive: true });
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => {
    const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8', cwd: folder });
    assert.equal(status, 0, stderr);
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  for (const name of ['authority', 'stranger'])
    openssl('req', '-x509', ...newKey, '-days', '30', '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', name);
  openssl('req', ...newKey, '-subj', '/CN=localhost', '-keyout', 'key', '-out', 'request');
  writeFileSync(file('extensions'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  for (const [name, days] of [
    ['certificate', '30'],
    ['expired', '-1'],
  ] as const) {
    const signer = ['-CA', 'authority', '-CAkey', 'authority.key', '-CAcreateserial', '-extfile', 'extensions'];
    openssl('x509', '-req', '-in', 'request', ...signer, '-days', days, '-out', name);
  }
  for (const name of ['authority', 'stranger', 'certificate', 'expired']) chmodSync(file(name), 0o644);
  return {
    authority: file('authority'),
    stranger: file('stranger'),
    key: file('key'),
    certificate: file('certificate'),
    expired: file('expired'),
  };
}
