import { createInterface } from 'node:readline';

/** Asks a person a question on a terminal; gives whether the answer is yes. Anything else, or no answer, is no. */
export type Confirm = (question: string) => Promise<boolean>;

/** Null where there is nobody to ask: input and output must both be a terminal. */
export function confirmOn(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Confirm | null {
  if (!input.isTTY || !output.isTTY) return null;
  return (question) =>
    new Promise((resolve) => {
      const asking = createInterface({ input, output });
      asking.question(`${question} [y/N] `, (answer) => {
        resolve(/^\s*y(es)?\s*$/i.test(answer));
        asking.close();
      });
      // ^C and ^D
      asking.once('close', () => resolve(false));
    });
}
