import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Doc comments of DTO fields by `Class.field`, read from the sources: comments do not survive into the metadata. */
export function readFieldComments(directory: string): ReadonlyMap<string, string> {
  const comments = new Map<string, string>();
  for (const name of readdirSync(directory).filter((file) => file.endsWith('.dto.ts'))) {
    const source = ts.createSourceFile(
      name,
      readFileSync(join(directory, name), 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    );
    for (const statement of source.statements) {
      if (ts.isClassDeclaration(statement)) collect(statement, comments);
    }
  }
  return comments;
}

function collect(declaration: ts.ClassDeclaration, into: Map<string, string>): void {
  const className = declaration.name?.text ?? '';
  for (const node of [declaration, ...declaration.members]) {
    const text = ts.getTextOfJSDocComment(ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc)?.comment) ?? '';
    const field = node === declaration ? '' : `.${node.name?.getText() ?? ''}`;
    if (text !== '') into.set(`${className}${field}`, text.replace(/\s+/g, ' ').trim());
  }
  const base = declaration.heritageClauses?.[0]?.types[0]?.expression.getText();
  if (base !== undefined) into.set(`${className}<`, base);
}
