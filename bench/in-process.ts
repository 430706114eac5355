import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Bench } from './main.ts';

const LONGEST_MS = 300_000;

/** Runs a bench of the daemon's own parts in a Node of its own, once with the flags of each form. */
export function inProcess(name: string): Bench {
  return async (forms, say) => {
    for (const form of forms) {
      // The bundle of this bench lies beside the daemon's; from sources it would measure the same code.
      const program = join(dirname(forms[0]?.program ?? ''), 'bench-parts.js');
      const child = spawn(process.execPath, [...form.flags, program, name], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...form.environment },
        timeout: LONGEST_MS,
      });
      const exited = once(child, 'exit');
      for await (const line of createInterface(child.stdout))
        say(`${form.name === 'bundle' ? 'as packaged' : 'with the JIT'}: ${line}`);
      const [code, signal] = await exited;
      if (code !== 0) throw new Error(`the bench ${name} ended with ${signal ?? code}`);
    }
  };
}
