import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificates, makeCertificates } from './certificates.ts';
import { freePort, requiresSuccess, startService } from './service.ts';

const PATH = `${process.env['PATH']}:/usr/sbin`;

/** For a test's `skip`. */
export const missingMariadb = requiresSuccess(
  'mariadb-server',
  'sh',
  '-c',
  `PATH=${PATH}; command -v mariadbd mariadb-install-db mariadb`,
);

/** A real server of its own, with the user `root` without a password on its socket. */
export type Mariadb = {
  port: number;
  socket: string;
  certificates: Certificates;
  run(...statements: string[]): string;
  stop(): Promise<void>;
};

/** Makes a data folder and starts a server on it. */
export async function startMariadb(): Promise<Mariadb> {
  const folder = mkdtempSync(join(tmpdir(), 'snooze-my-'));
  const socket = join(folder, 'my.sock');
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const data = `--datadir=${join(folder, 'data')}`;
  const options = ['--no-defaults', data, '--skip-test-db', '--auth-root-authentication-method=normal', ...user];
  const made = spawnSync('mariadb-install-db', options, { encoding: 'utf8', env: { ...process.env, PATH } });
  assert.equal(made.status, 0, made.stdout + made.stderr);
  const certificates = makeCertificates(join(folder, 'certificates'));
  const proof = [`--ssl-cert=${certificates.certificate}`, `--ssl-key=${certificates.key}`];
  for (let port = await freePort(); ; port = await freePort()) {
    const settings = [`--socket=${socket}`, '--bind-address=127.0.0.1', `--port=${port}`];
    const server = await startService(
      ['mariadbd', '--no-defaults', data, ...settings, ...proof, '--innodb-flush-log-at-trx-commit=2', ...user],
      (output) => output.includes('ready for connections'),
      { cwd: folder, env: { PATH } },
    );
    if (!server) continue; // the port was taken in between
    return {
      port,
      socket,
      certificates,
      run(...statements) {
        const args = ['--no-defaults', '-N', '-S', socket, '-u', 'root', '-e', statements.join(';')];
        const { status, stdout, stderr } = spawnSync('mariadb', args, { encoding: 'utf8' });
        assert.equal(status, 0, stderr);
        return stdout.trim();
      },
      async stop() {
        await server.stop();
        rmSync(folder, { recursive: true });
      },
    };
  }
}
