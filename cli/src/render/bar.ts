const BAR_WIDTH = 10;

/**
 * A value against its threshold: full when it has reached it. Any value over 0 shows at least one cell, and one short
 * of the threshold never shows a full bar, so that the bar and the verdict do not contradict each other.
 */
export function bar(value: number, threshold: number, idleWhen: 'below' | 'above'): string {
  const reached = idleWhen === 'below' ? value > threshold : value >= threshold;
  const share = threshold > 0 ? value / threshold : 0;
  const cells = reached
    ? BAR_WIDTH
    : Math.min(BAR_WIDTH - 1, Math.max(share > 0 ? 1 : 0, Math.round(share * BAR_WIDTH)));
  return '█'.repeat(cells) + '░'.repeat(BAR_WIDTH - cells);
}
