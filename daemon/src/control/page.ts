/** Half of what one message may have (PROTOCOL.md, Transport): there is more in it than the list. */
const MOST_BYTES = 512 * 1024;
/** Reading more than this at once would keep everybody waiting: of 1,000 entries for 60 ms. */
export const MOST_ENTRIES = 200;

/** As many of the first entries as fit into one answer, and always one. */
export function pageOf<T>(entries: readonly T[]): T[] {
  let bytes = 0;
  const tooMany = entries.findIndex((entry, index) => {
    bytes += Buffer.byteLength(JSON.stringify(entry));
    return index > 0 && bytes > MOST_BYTES;
  });
  return tooMany === -1 ? [...entries] : entries.slice(0, tooMany);
}
