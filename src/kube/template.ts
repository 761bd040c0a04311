import {type Document, isMap, isScalar, Scalar, visit} from 'yaml';

const ACTION = /\{\{[-\s]*[.$"`(a-z/]/g;
/** What only helm has. */
const OF_A_RELEASE = /\{\{[^}]*[.$](Values|Release|Chart|Capabilities|Template|Files)\b/;

/**
 * Whether a text becomes a manifest only where helm, or another program with Go's templates, has rendered it: an action breaks its YAML, stands
 * where YAML takes the braces for a mapping, or asks for values of a release. Braces in the lines of a block are what somebody stores.
 */
export function isTemplate(text: string, documents: readonly Document.Parsed[]): boolean {
  const actions = [...text.matchAll(ACTION)].map(({index}) => index);
  if (actions.length === 0) return false;
  if (documents.some(({errors}) => errors.length > 0) && breaksYaml(text, actions, documents)) return true;
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

/** Whether one of the actions stands where YAML would read it: outside of quotes, blocks and comments. */
function breaksYaml(text: string, actions: readonly number[], documents: readonly Document.Parsed[]): boolean {
  const harmless: (readonly [from: number, to: number])[] = [];
  for (const document of documents)
    visit(document, {
      Scalar: (_key, {type, range}) => {
        if (range && type !== undefined && type !== Scalar.PLAIN) harmless.push([range[0], range[1]]);
      },
    });
  const isComment = (at: number) => /(^|\s)#.*$/.test(text.slice(text.lastIndexOf('\n', at) + 1, at));
  return actions.some((at) => !isComment(at) && !harmless.some(([from, to]) => from <= at && at < to));
}
