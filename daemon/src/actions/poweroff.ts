import { lastLine } from '../command.ts';
import { SnoozeError } from '../errors.ts';
import { defineAction } from './action.ts';

const TIMEOUT_MS = 30_000;

/** Powers the host off through systemd; what that means for a cloud instance is the cloud's setting. */
export const poweroff = defineAction({
  name: 'poweroff',
  describe: () => 'run systemctl poweroff',
  async perform({ run, signal }) {
    const { exitCode, stderr } = await run('systemctl', ['poweroff'], {
      timeoutMs: TIMEOUT_MS,
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
      signal,
    });
    if (exitCode === 0) return;
    throw new SnoozeError('SNOOZE_E_ACTION', `systemctl poweroff ended with ${exitCode}: ${lastLine(stderr)}`, {
      hint: "let the daemon's user power the host off: systemd/cloudsnooze.rules is the polkit rule",
    });
  },
});
