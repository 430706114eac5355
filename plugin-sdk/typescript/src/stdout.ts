/**
 * Keeps stdout for the protocol: returns what writes there, and sends everything else that is written to
 * `process.stdout` (a `console.log`, a chatty library) to stderr. `onBroken` is called when nobody reads any more.
 */
export function takeStdout(onBroken: () => void): (bytes: Buffer) => void {
  const { stdout, stderr } = process;
  const writeWire = stdout.write.bind(stdout);
  // Node has no dup2, so a child that inherits fd 1 still reaches the wire; the host skips such lines.
  stdout.write = stderr.write.bind(stderr);
  stdout.on('error', onBroken);
  return (bytes) => {
    writeWire(bytes);
  };
}
