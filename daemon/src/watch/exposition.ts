/** One metric with all its series, in the words of the Prometheus text format. */
export type Family = {
  name: string;
  help: string;
  type: 'gauge' | 'counter' | 'untyped';
  series: { labels?: Readonly<Record<string, string>>; value: number }[];
};

/**
 * Writes metrics in the Prometheus text exposition format 0.0.4; one that has no series is left out. Pure.
 * Format: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function exposition(families: readonly Family[]): string {
  return families
    .filter(({ series }) => series.length > 0)
    .map(({ name, help, type, series }) => {
      const lines = series.map(({ labels, value }) => `${name}${labelsOf(labels)} ${numberOf(value)}\n`);
      return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`;
    })
    .join('');
}

function labelsOf(labels: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function numberOf(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}
