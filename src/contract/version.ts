/** Product version, semver; package.json must agree (a test compares them). */
export const VERSION = '0.1.0';

/** Grows with every change of the method table or its types. */
export const CONTRACT_VERSION = 1;
