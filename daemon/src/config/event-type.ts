/**
 * What is said of an event type: in the configuration, a manifest, or by a plugin. What is said of `custom` holds for
 * every `custom.<name>` of which nothing is said by itself. Pure.
 * @param find what is said under exactly that name.
 */
export function saidOf<T>(type: string, find: (name: string) => T | undefined): T | undefined {
  return find(type) ?? (type.startsWith('custom.') ? find('custom') : undefined);
}
