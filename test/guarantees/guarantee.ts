/** Takes one mechanism out of the product. */
export interface Mutation {
  /** file of the product, from the repository's root */
  readonly file: string;
  /** text that occurs exactly once in the file */
  readonly find: string;
  readonly replace: string;
}

/** A row of docs/guarantees.md, the test that proves it, and how to see that test fail. */
export interface Guarantee {
  /** first column of its row in docs/guarantees.md, as it stands there */
  readonly guarantee: string;
  /** test file, from the repository's root; its row links it, or its folder */
  readonly test: string;
  /** part of the test's name, no regular expression; all tests of the file when left out */
  readonly name?: string;
  readonly mutations: readonly Mutation[];
}
