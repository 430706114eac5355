import type { Output } from './context.ts';

/** Whether people look at this stream, on a terminal that can do more than print. */
export function isTerminal(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && process.env['TERM'] !== 'dumb';
}

/** Standard output as commands see it. A pipe is as wide as an ordinary terminal, or as COLUMNS says. */
export function terminalOutput(stream: NodeJS.WriteStream): Output {
  return {
    isTerminal: isTerminal(stream),
    write: (text) => void stream.write(text),
    size: () => ({
      columns: stream.columns || Number(process.env['COLUMNS']) || 80,
      rows: stream.rows || 24,
    }),
    onResize(callback) {
      stream.on('resize', callback);
      return () => stream.off('resize', callback);
    },
    beforeExit(leave) {
      process.once('exit', leave);
      return () => {
        if (!process.listeners('exit').includes(leave)) return;
        process.off('exit', leave);
        leave();
      };
    },
  };
}
