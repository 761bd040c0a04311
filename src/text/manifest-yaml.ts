import {Document, visit} from 'yaml';

/** Words and paths that every YAML parser takes for text; kubectl's reads YAML 1.1, where more than `true` and `null` are none. */
const PLAIN = /^[A-Za-z_/][A-Za-z0-9_./-]*$/;
const NO_TEXT = /^(y|yes|n|no|on|off|true|false|null)$/i;
/** Within quotes only: a line break to YAML 1.1, a byte order mark, or not allowed at all. */
const TO_ESCAPE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;
const CONTROL = /[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/u;

/** An object as YAML that kubectl reads back as it is: text that could be taken for a number, a date or a truth value is quoted. No newline at its end. */
export function manifestYaml(object: object): string {
  const document = new Document(object);
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== 'string' || (PLAIN.test(node.value) && !NO_TEXT.test(node.value))) return;
      const isText =
        node.value.includes('\n') && !CONTROL.test(node.value.replaceAll('\n', '')) && !/^\s|[ \t]\n/.test(node.value);
      node.type = isText ? 'BLOCK_LITERAL' : 'QUOTE_DOUBLE';
    },
  });
  return document
    .toString({lineWidth: 0})
    .trimEnd()
    .replaceAll(TO_ESCAPE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
