/** The recipes that come with banger, by name. */
export abstract class ReadyRecipes {
  /** their names, in order */
  abstract names(): Promise<readonly string[]>;
  /** the text of one; undefined when there is none of that name */
  abstract read(name: string): Promise<string | undefined>;
}
