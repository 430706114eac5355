/** How the output is dressed. Both are off in a pipe. */
export type Style = {
  colour: boolean;
  /** Signs such as ● and ✓; words where this is off. */
  icons: boolean;
};

export type Paint = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'inverse';

const CODES: Record<Paint, readonly [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  inverse: [7, 27],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

const ICONS = {
  dot: ['●', ''],
  ok: ['✓', 'ok:'],
  fault: ['✗', 'not ok:'],
  question: ['?', 'question:'],
  skipped: ['–', 'not tried:'],
  warning: ['▲', 'warning:'],
  event: ['◆', 'event:'],
  awake: ['‖', 'kept awake:'],
} as const;

/** Colours a text where the style has colours. An empty text stays empty. */
export function paint(text: string, colour: Paint | undefined, style: Style): string {
  if (!style.colour || colour === undefined || text === '') return text;
  const [on, off] = CODES[colour];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

/** A sign on a terminal, its word in a pipe. */
export function icon(name: keyof typeof ICONS, style: Style): string {
  return ICONS[name][style.icons ? 0 : 1];
}

/** The colour of a verdict, a plugin's state or the host's state. */
export function colourOf(word: string): Paint | undefined {
  return WORD_COLOURS[word];
}

const WORD_COLOURS: Record<string, Paint> = {
  idle: 'green',
  running: 'green',
  ok: 'green',
  done: 'green',
  handled: 'green',
  degraded: 'yellow',
  busy: 'yellow',
  active: 'yellow',
  warning: 'yellow',
  inhibited: 'cyan',
  starting: 'dim',
  absent: 'dim',
  disabled: 'dim',
  stopped: 'dim',
  skipped: 'dim',
  unknown: 'red',
  failed: 'red',
  failing: 'red',
  snoozing: 'red',
  'timed-out': 'red',
  overdue: 'red',
};
