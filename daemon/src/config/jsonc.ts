import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { show } from './validator.ts';

/** A JSON file with comments, read so that each value's place is still known. */
export type Document = {
  value: unknown;
  /** `LINE:COLUMN` of the value at a dotted path, or of the nearest thing around it that exists. */
  placeOf(path: string): string;
};

export type SyntaxFault = { place: string; message: string };

/** Reads JSON with comments and trailing commas; gives the document, or what is wrong first. */
export function parseDocument(given: string): { document: Document } | { fault: SyntaxFault } {
  const text = withoutByteOrderMark(given);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined || root === undefined) return { fault: syntaxFault(text, first) };
  const twice = findKeyTwice(root);
  if (twice !== undefined) {
    const message = `${twice.key}: the same key stands at ${placeAt(text, twice.firstOffset)} already`;
    return { fault: { place: placeAt(text, twice.offset), message } };
  }
  return {
    document: {
      value: getNodeValue(root),
      placeOf: (path) => placeAt(text, nodeAt(root, path === '' ? [] : path.split('.')).offset),
    },
  };
}

/** Some editors put an invisible mark before the text. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/**
 * Follows the path as far as it goes; a property is named by its key, where the eye looks for it. Keys may have dots
 * themselves (event types do), so one step may be several words of the path.
 */
function nodeAt(node: Node, words: readonly string[]): Node {
  for (let length = 1; length <= words.length; length++) {
    const key = words.slice(0, length).join('.');
    const property = node.children?.find(({ children }) => children?.[0]?.value === key);
    const step = node.type === 'array' ? node.children?.[Number(key)] : property?.children?.[1];
    if (step === undefined) continue;
    const found = nodeAt(step, words.slice(length));
    return found === step && property !== undefined ? property : found;
  }
  return node;
}

type KeyTwice = { key: string; offset: number; firstOffset: number };

/** The parser takes the last of two equal keys, an edit changes the first: neither is what was meant. */
function findKeyTwice(node: Node): KeyTwice | undefined {
  const firstOffsets = new Map<string, number>();
  for (const child of node.children ?? []) {
    const name = child.type === 'property' ? child.children?.[0] : undefined;
    if (name !== undefined) {
      const key = String(name.value);
      const firstOffset = firstOffsets.get(key);
      if (firstOffset !== undefined) return { key, offset: name.offset, firstOffset };
      firstOffsets.set(key, name.offset);
    }
    const below = findKeyTwice(child);
    if (below !== undefined) return below;
  }
  return undefined;
}

/** The parser's codes in words, to be followed by what was found. */
const EXPECTATIONS: Record<string, string> = {
  CommaExpected: 'expected a comma',
  ColonExpected: 'expected a colon after the key',
  ValueExpected: 'expected a value',
  PropertyNameExpected: 'expected a key in double quotes',
  CloseBraceExpected: 'expected a closing brace }',
  CloseBracketExpected: 'expected a closing bracket ]',
  EndOfFileExpected: 'expected the end of the file',
  InvalidSymbol: 'expected a JSON value',
  InvalidNumberFormat: 'expected a number',
  InvalidCommentToken: 'expected a value',
  InvalidCharacter: 'expected a text without tabs and control characters',
  InvalidEscapeCharacter: 'expected an escape such as \\\\ or \\n after each backslash',
  InvalidUnicode: 'expected four hexadecimal digits after \\u',
  UnexpectedEndOfNumber: 'expected digits after the point',
  UnexpectedEndOfString: 'expected a closing double quote',
  UnexpectedEndOfComment: 'expected the end of the comment',
};

function syntaxFault(text: string, first: ParseError | undefined): SyntaxFault {
  if (first === undefined) return { place: '1:1', message: 'expected an object, found nothing' };
  const { offset, length } = first;
  const found =
    offset >= text.trimEnd().length ? 'the end of the file' : show(text.slice(offset, offset + Math.max(1, length)));
  return { place: placeAt(text, offset), message: `${expectation(text, first)}, found ${found}` };
}

function expectation(text: string, { error, offset, length }: ParseError): string {
  const code = printParseErrorCode(error);
  // `{naptime: 5}` and `{'naptime': 5}`: what JavaScript allows and JSON does not.
  const isKey = code === 'InvalidSymbol' && /^\s*:/.test(text.slice(offset + length));
  const isWrongBracket = code === 'CommaExpected' && /^[\]}]/.test(text.slice(offset));
  if (isWrongBracket) return 'expected a comma or the other closing bracket';
  return EXPECTATIONS[isKey ? 'PropertyNameExpected' : code] ?? code;
}

function placeAt(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `${line}:${offset - before.lastIndexOf('\n')}`;
}
