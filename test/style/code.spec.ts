import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { ERROR_CATEGORIES } from '../../src/contract/errors.js';
import { findings, productFiles, projectFiles, readProjectFile } from './support/sources.js';

const product = productFiles();

/** `process.exit`, `Promise.all`: a property of a global object, as written. */
function isMember(node: ts.Node, object: string, name: string): boolean {
  return (
    (ts.isPropertyAccessExpression(node) &&
      node.name.text === name &&
      node.expression.getText() === object) ||
    (ts.isElementAccessExpression(node) &&
      node.expression.getText() === object &&
      ts.isStringLiteralLike(node.argumentExpression) &&
      node.argumentExpression.text === name)
  );
}

describe('source code', () => {
  it('throws errors with a kind, never a bare Error', () => {
    const bare = product.flatMap((path) =>
      findings(path, (node) =>
        ts.isNewExpression(node) && /^(Error|TypeError|RangeError)$/.test(node.expression.getText())
          ? node.getText().slice(0, 60)
          : undefined,
      ),
    );
    expect(bare).toEqual([]);
  });

  it('reads the environment in src/core/config, and where a program begins', () => {
    const readers = product
      .filter((path) => !/^src\/(core\/config\/|\w+\/main\.ts$)/.test(path))
      .flatMap((path) =>
        findings(path, (node) => (isMember(node, 'process', 'env') ? 'process.env' : undefined)),
      );
    expect(readers).toEqual([]);
  });

  it('silences no type check and has no forwardRef', () => {
    const found = product.flatMap((path) => {
      const text = readProjectFile(path);
      return [/@ts-(ignore|nocheck|expect-error)/, /\bforwardRef\b/]
        .filter((pattern) => pattern.test(text))
        .map((pattern) => `${path}: ${pattern.source}`);
    });
    expect(found).toEqual([]);
  });

  it('uses every error kind', () => {
    const text = product
      .filter((path) => !/^src\/contract\/.*errors\.ts$/.test(path))
      .map(readProjectFile)
      .join('\n');
    const unused = Object.keys(ERROR_CATEGORIES).filter((kind) => !text.includes(`'${kind}'`));
    expect(unused).toEqual([]);
  });

  it('asks for at most 4 parameters, and a constructor for at most 6', () => {
    const long = product.flatMap((path) =>
      findings(path, (node) => {
        if (!ts.isFunctionLike(node) || node.parameters.length === 0) return undefined;
        const max = ts.isConstructorDeclaration(node) ? 6 : 4;
        const own = node.parameters.filter(({ name }) => name.getText() !== 'this').length;
        return own > max ? `${own} parameters` : undefined;
      }),
    );
    expect(long).toEqual([]);
  });

  it('names files in kebab-case', () => {
    const odd = projectFiles()
      .filter((path) => /^(src|test|bench|scripts)\//.test(path) && !path.startsWith('test/fixtures/'))
      .filter((path) => !path.split('/').every((part) => /^[a-z0-9]+([.-][a-z0-9]+)*$/.test(part)));
    expect(odd).toEqual([]);
  });

  it('keeps an index.ts to exports by name; the contract alone exports whole files', () => {
    const wild = product
      .filter((path) => path.endsWith('/index.ts') && path !== 'src/contract/index.ts')
      .filter((path) => /^export \*/m.test(readProjectFile(path)));
    expect(wild).toEqual([]);
  });

  it('loads no framework into the command line through the RPC client', () => {
    const seen = new Set<string>();
    const packages = new Set<string>();
    const visit = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      findings(path, (node) => {
        const target = valueImport(node);
        if (target?.startsWith('.')) visit(resolveImport(path, target));
        else if (target !== undefined && !target.startsWith('node:')) packages.add(target);
        return undefined;
      });
    };
    visit('src/core/rpc/client.ts');
    expect([...packages]).toEqual([]);
  });
});

/** What a statement loads at run time; nothing for an import of types. */
function valueImport(node: ts.Node): string | undefined {
  const isImport =
    ts.isImportDeclaration(node) && node.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword;
  const isExport = ts.isExportDeclaration(node) && !node.isTypeOnly;
  if (!isImport && !isExport) return undefined;
  const specifier = node.moduleSpecifier;
  return specifier !== undefined && ts.isStringLiteral(specifier) ? specifier.text : undefined;
}

function resolveImport(from: string, target: string): string {
  return new URL(target, `file:///${from}`).pathname.slice(1).replace(/\.js$/, '.ts');
}
