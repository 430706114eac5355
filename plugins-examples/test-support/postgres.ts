import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Certificates, makeCertificates } from './certificates.ts';
import { freePort, type Service, startService } from './service.ts';

export const PASSWORD = 'p@ss word';
const [initdb] = globSync('/usr/lib/postgresql/*/bin/initdb');
/** Where its own programs are; a folder without any where there is no server. */
export const postgresPrograms = dirname(initdb ?? '/nonexistent/initdb');

/** For a test's `skip`. */
export const missingPostgres = initdb === undefined && 'needs a PostgreSQL server, not on this machine';

/** A real server of its own, with the superuser `postgres`. */
export type Postgres = { port: number; folder: string; url: string; certificates: Certificates; stop(): Promise<void> };

/** Makes a cluster in a temporary folder and starts it. */
export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'snooze-pg-'));
  const data = join(folder, 'data');
  const password = join(folder, 'password');
  // The server refuses to run as root.
  const uid =
    process.getuid?.() === 0 ? Number(spawnSync('id', ['-u', 'postgres'], { encoding: 'utf8' }).stdout) : undefined;
  mkdirSync(data);
  writeFileSync(password, PASSWORD);
  if (uid !== undefined) for (const path of [folder, data, password]) chownSync(path, uid, -1);
  chmodSync(folder, 0o755);
  const certificates = makeCertificates(join(folder, 'certificates'));
  if (uid !== undefined) chownSync(certificates.key, uid, -1);
  chmodSync(certificates.key, 0o600);
  const proof = [`ssl_cert_file=${certificates.certificate}`, `ssl_key_file=${certificates.key}`, 'ssl=on'];
  const options = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${password}`, '--no-sync'];
  const made = spawnSync(join(postgresPrograms, 'initdb'), options, { uid, cwd: folder, encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  let server: Service | undefined;
  for (let port = await freePort(); ; port = await freePort()) {
    const settings = [`unix_socket_directories=${folder}`, 'listen_addresses=127.0.0.1,127.0.0.2', `port=${port}`];
    server = await startService(
      [
        join(postgresPrograms, 'postgres'),
        '-D',
        data,
        ...[...settings, ...proof].flatMap((each) => ['-c', each]),
        '-c',
        'autovacuum=off',
      ],
      (output) => output.includes('ready to accept connections'),
      // at once, too, but a server that is killed leaves its shared memory to the machine
      { cwd: folder, endWith: 'SIGQUIT', ...(uid !== undefined && { uid }) },
    );
    if (!server) continue; // the port was taken in between
    const { stop } = server;
    return {
      port,
      folder,
      certificates,
      url: `postgresql://postgres:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/postgres`,
      async stop() {
        await stop();
        rmSync(folder, { recursive: true });
      },
    };
  }
}
