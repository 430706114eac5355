import { createInterface } from 'node:readline';

/** Asks a person a question on a terminal; gives whether the answer is yes. Anything else, or no answer, is no. */
export type Confirm = (question: string) => Promise<boolean>;

/** Null where there is nobody to ask: input and output must both be a terminal. */
export function confirmOn(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Confirm | null {
  if (!input.isTTY || !output.isTTY) return null;
  return (question) =>
    new Promise((resolve) => {
      const asking = createInterface({ input, output });
      let answered = false;
      asking.question(`${question} [y/N] `, (answer) => {
        answered = true;
        resolve(/^\s*y(es)?\s*$/i.test(answer));
        asking.close();
      });
      asking.once('close', () => {
        if (answered) return;
        output.write('\n'); // after ^C and ^D
        resolve(false);
      });
    });
}
