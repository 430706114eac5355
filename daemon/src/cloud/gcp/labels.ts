/**
 * Tags as labels of Google's: keys and values of up to 63 small letters, digits, `_` and `-`, keys beginning with a
 * letter (Compute Engine documentation, "Organize resources using labels"). Pure.
 */
export function labelsOf(tags: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(tags).map(([name, value]) => [fit(name).replace(/^[^a-z]+/, ''), fit(value)]);
  return Object.fromEntries(entries.filter(([key]) => key !== ''));
}

function fit(text: string): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9_]+/g, '-');
  return plain.slice(0, 63).replaceAll(/^-+|-+$/g, '');
}
