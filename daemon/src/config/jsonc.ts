import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { show } from './validator.ts';

/** A JSON file with comments, read so that each value's place is still known. */
export type Document = {
  value: unknown;
  /** `LINE:COLUMN` of the value at a dotted path, or of the nearest thing around it that exists. */
  placeOf(path: string): string;
};

export type SyntaxFault = { place: string; message: string };

/** Reads JSON with comments and trailing commas; gives the document, or what is wrong first. */
export function parseDocument(text: string): { document: Document } | { fault: SyntaxFault } {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined || root === undefined) return { fault: syntaxFault(text, first) };
  return {
    document: {
      value: getNodeValue(root),
      placeOf: (path) => placeAt(text, nodeAt(root, path === '' ? [] : path.split('.'))?.offset ?? 0),
    },
  };
}

/** Follows the path as far as it goes; a property is named by its key, where the eye looks for it. */
function nodeAt(root: Node, path: string[]): Node | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(
      root,
      path.slice(0, length).map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
    );
    if (node !== undefined) return node.parent?.type === 'property' ? node.parent : node;
  }
  return root;
}

const EXPECTATIONS: Record<string, string> = {
  CommaExpected: 'expected a comma',
  ColonExpected: 'expected a colon after the key',
  ValueExpected: 'expected a value',
  PropertyNameExpected: 'expected a key in double quotes',
  CloseBraceExpected: 'expected a closing brace }',
  CloseBracketExpected: 'expected a closing bracket ]',
  EndOfFileExpected: 'expected the end of the file',
  InvalidSymbol: 'expected a JSON value',
  UnexpectedEndOfString: 'expected a closing double quote',
  UnexpectedEndOfComment: 'expected the end of the comment',
};

function syntaxFault(text: string, first: ParseError | undefined): SyntaxFault {
  if (first === undefined) return { place: '1:1', message: 'expected an object, found nothing' };
  const { error, offset, length } = first;
  const name = printParseErrorCode(error);
  const found =
    offset >= text.trimEnd().length ? 'the end of the file' : show(text.slice(offset, offset + Math.max(1, length)));
  return {
    place: placeAt(text, offset),
    message: `${EXPECTATIONS[name] ?? name}, found ${found}`,
  };
}

function placeAt(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `${line}:${offset - before.lastIndexOf('\n')}`;
}
