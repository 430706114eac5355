/** Whether one waits until it is done with another. */
export type ComesAfter<T> = (item: T, other: T) => boolean;

/** Does something with each, as soon as it is done with all that it comes after. A circle is cut where it closes. */
export async function inOrder<T>(
  items: readonly T[],
  comesAfter: ComesAfter<T>,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const done = new Map<T, Promise<void>>();
  const doAfter = (item: T, path: readonly T[]): Promise<void> => {
    const known = done.get(item);
    if (known !== undefined) return known;
    const before = items.filter((other) => other !== item && !path.includes(other) && comesAfter(item, other));
    const promise = Promise.all(before.map((other) => doAfter(other, [...path, item]))).then(() => act(item));
    done.set(item, promise);
    return promise;
  };
  await Promise.all(items.map((item) => doAfter(item, [])));
}

/** How many come one after the other at most; 1 where none waits for another. Pure. */
export function depthOf<T>(items: readonly T[], comesAfter: ComesAfter<T>): number {
  const depths = new Map<T, number>();
  const measure = (item: T, path: readonly T[]): number => {
    const known = depths.get(item);
    if (known !== undefined) return known;
    const before = items.filter((other) => other !== item && !path.includes(other) && comesAfter(item, other));
    const depth = 1 + Math.max(0, ...before.map((other) => measure(other, [...path, item])));
    depths.set(item, depth);
    return depth;
  };
  return Math.max(1, ...items.map((item) => measure(item, [])));
}
