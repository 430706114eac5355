/** JSON where it can be, else text: `5` is a number, `true` a boolean, `stop` a word. */
export function parseValue(typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch {
    return typed; // a bare word is text
  }
}
