import {structuredPatch} from 'diff';
import {printable} from '../../text/printable.ts';
import type {Theme} from '../../text/screen.ts';
import type {TemplateChange} from '../diff-template.ts';
import {hasKeys} from '../list-keys.ts';
import {isFields, isList, type Value} from '../semantic.ts';
import {toYaml} from '../unified.ts';

/** Changed fields below a heading, and what is deeper. */
interface Branch {
  readonly leaves: Leaf[];
  readonly branches: Map<string, Branch>;
}
interface Leaf {
  /** Last part of the path: `.image`, `[sidecar]`. */
  readonly part: string;
  readonly change: TemplateChange;
}

/** Changes as YAML lines under the paths they are at; a heading stands for all that is below it. */
export function changeLines(changes: readonly TemplateChange[], theme: Theme): string[] {
  const root = newBranch();
  for (const change of changes) {
    const parts = partsOf(change.path);
    const parent = parts.slice(0, -1).reduce(descend, root);
    parent.leaves.push({part: parts.at(-1) ?? '', change});
  }
  return branchLines(root, 0, theme);
}

const newBranch = (): Branch => ({leaves: [], branches: new Map()});

function descend(branch: Branch, part: string): Branch {
  const next = branch.branches.get(part) ?? newBranch();
  branch.branches.set(part, next);
  return next;
}

/** `['template', '.spec', '.containers[web]', '.image']`; brackets at the end stand alone: an item of a list, or a key of a map. */
const partsOf = (path: string): string[] => path.match(/\[[^\]]*\]$|\.?[^.[\]]+(?:\[[^\]]*\](?!$))?/g) ?? [path];

function branchLines({leaves, branches}: Branch, depth: number, theme: Theme): string[] {
  const below = [...branches].flatMap(([part, branch]) => {
    const [heading, end] = straightDown(part, branch);
    return [`${indent(depth + 1)}${theme.strong(printable(heading.replace(/^\./, '')))}`, ...branchLines(end, depth + 1, theme)];
  });
  return [...leaves.flatMap((leaf) => leafLines(leaf, depth, theme)), ...below];
}

/** Headings with nothing of their own are one line: `template.spec.containers[web]`. */
function straightDown(heading: string, branch: Branch): [string, Branch] {
  const [only, ...more] = branch.branches;
  if (only === undefined || more.length > 0 || branch.leaves.length > 0) return [heading, branch];
  return straightDown(heading + only[0], only[1]);
}

const CONTEXT = 2;

function leafLines({part, change}: Leaf, depth: number, theme: Theme): string[] {
  const name = part.replace(/^\.|^\[|\]$/g, '');
  const [before, after] = [yamlOf(part, name, change.before), yamlOf(part, name, change.after)];
  const {hunks} = structuredPatch('', '', before, after, undefined, undefined, {context: CONTEXT});
  return hunks.flatMap(({lines, oldStart}, i) => {
    const left = i > 0 || oldStart > 1 ? ['   …'] : [];
    const key = i === 0 && oldStart > 1 ? [` ${name}:`] : [];
    const shown = lines.filter((line) => !line.startsWith('\\'));
    return [...key, ...left, ...shown].map((line) => signed(line, depth, theme));
  });
}

function yamlOf(part: string, name: string, value: Value): string {
  if (value === null) return '';
  if (part.startsWith('[') && isFields(value)) return toYaml([value]); // an item of a list
  if (isList(value) && hasKeys(name) && value.every((id) => typeof id === 'string')) return `${name}: [${value.join(', ')}]\n`;
  return toYaml({[name]: value});
}

function signed(line: string, depth: number, theme: Theme): string {
  const text = `${line.charAt(0)}${indent(depth).slice(1)}  ${printable(line.slice(1))}`;
  if (line.startsWith('-')) return theme.wrong(text);
  return line.startsWith('+') ? theme.good(text) : theme.dim(text);
}

const indent = (depth: number): string => '  '.repeat(depth);
