import type {ErrorCode} from 'yaml';

/** Why a text is no YAML. It quotes none of it, as the parser's own words do: a value of a Secret may stand there. */
export const yamlFlaw = (code: ErrorCode): string => WORDS[code] ?? 'this is not valid YAML';

const INDENTED_TOO_FAR = 'this or the next line is indented too far, or a value with a colon needs quotes';

const WORDS: Readonly<Partial<Record<ErrorCode, string>>> = {
  ALIAS_PROPS: 'an alias (*) takes neither an anchor (&) nor a tag (!)',
  BAD_ALIAS: 'an alias (*) or an anchor (&) has no name that YAML allows: a value that begins so belongs in quotes',
  BAD_DQ_ESCAPE: 'a backslash in double quotes begins no escape that YAML knows: write it twice, or use single quotes',
  BAD_INDENT: 'it is indented differently from what it belongs to, or a bracket or a brace is not closed',
  BAD_SCALAR_START: 'a value cannot begin with this character: put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: INDENTED_TOO_FAR,
  BLOCK_IN_FLOW: 'lines that are indented cannot stand in brackets or braces',
  DUPLICATE_KEY: 'a field stands there for the second time',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters',
  MISSING_CHAR: 'a colon, a quote, a comma, a bracket or a brace is missing',
  MULTILINE_IMPLICIT_KEY: INDENTED_TOO_FAR,
  TAB_AS_INDENT: 'a tab indents it, and YAML takes nothing but spaces',
  TAG_RESOLVE_FAILED: 'a tag (!) is not known, or does not fit what it stands before: a value that begins so belongs in quotes',
  UNEXPECTED_TOKEN: 'something stands there that YAML does not expect: a value of special characters belongs in quotes',
};
