/** Event types: dotted lower-case words, such as `cloud.spot.interrupt` (PROTOCOL.md). */
export const EVENT_TYPE_PATTERN = '^[a-z][a-z0-9_-]*(\\.[a-z0-9_-]+)*$';
