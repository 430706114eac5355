/** The version of everything in this repository; a test holds it and the package files together. */
export const VERSION = '0.1.0';

/** The version of the plugin protocol that this host speaks (plugin-sdk/protocol). */
export const PROTOCOL_VERSION = 1;
