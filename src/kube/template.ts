import {type Document, isMap, isScalar, Scalar, visit} from 'yaml';

const ACTION = /\{\{[-\s]*[.$"`(a-z/]/;
/** What only helm has. */
const OF_A_RELEASE = /\{\{[^}]*[.$](Values|Release|Chart|Capabilities|Template|Files)\b/;

/**
 * Whether a text becomes a manifest only where helm, or another program with Go's templates, has rendered it: an action breaks its YAML, stands
 * where YAML takes the braces for a mapping, or asks for values of a release. Braces in the lines of a block are what somebody stores.
 */
export function isTemplate(text: string, documents: readonly Document.Parsed[]): boolean {
  if (!ACTION.test(text)) return false;
  if (documents.some(({errors}) => errors.length > 0)) return true;
  return documents.some((document) => {
    let isFound = false;
    visit(document, (_key, node) => {
      if (isMap(node)) isFound = node.items.some(({key}) => isMap(key) && text.startsWith('{{', (key.range?.[0] ?? 0) - 1));
      else if (isScalar(node) && typeof node.value === 'string')
        isFound = node.type !== Scalar.BLOCK_LITERAL && node.type !== Scalar.BLOCK_FOLDED && OF_A_RELEASE.test(node.value);
      return isFound ? visit.BREAK : undefined;
    });
    return isFound;
  });
}
