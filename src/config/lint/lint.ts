import {type Document, isMap, isScalar, LineCounter, type Pair, type YAMLMap} from 'yaml';
import {documentsOf, flawOf, type ManifestObject, objectsOf} from '../../kube/manifest.ts';
import {isTemplate} from '../../kube/template.ts';
import {ExitCode} from '../../problem.ts';
import {nearest} from '../../text/nearest.ts';
import {soonExpired} from './certificates.ts';
import type {Finding, Verdict} from './finding.ts';
import {referencesIn} from './references.ts';
import {fieldsOf, judgeSecret, valuesIn} from './secret.ts';
import {type Field, judgeValue} from './value.ts';

export interface SourceText {
  readonly file: string;
  readonly text: string;
  /** Whether git has it; undefined where that is not known. */
  readonly tracked: boolean | undefined;
}

export interface SecretLint {
  readonly kind: 'SecretLint';
  readonly files: number;
  /** Of any kind, that were read in them. */
  readonly objects: number;
  readonly secrets: number;
  /** By file and line. */
  readonly findings: readonly Finding[];
  /** Templates: they become manifests only with the values of a release. */
  readonly skipped: readonly string[];
  /** What could not be checked, and what will be wrong soon: a line each. */
  readonly notes: readonly string[];
}

interface LintContext {
  /** Milliseconds since the epoch: by it certificates are judged. */
  readonly now: number;
  readonly notes?: readonly string[];
}

interface Parsed {
  readonly source: SourceText;
  readonly objects: readonly ManifestObject[];
  readonly findings: readonly Finding[];
  readonly lineOf: (offset: number) => number;
}

/** Judges the Secrets of manifests, and what refers to them there. Files are looked at together: a Secret may stand in another one. */
export function lintSecrets(sources: readonly SourceText[], {now, notes = []}: LintContext): SecretLint {
  const skipped = sources.filter(({text}) => isTemplate(text, parseAll(text).documents));
  const parsed = sources.filter((source) => !skipped.includes(source)).map(parse);
  const known = knownObjects(parsed);
  const findings = parsed.flatMap((file) => [
    ...file.findings,
    ...file.objects.flatMap((object) => judge(file, object, known, now)),
  ]);
  return {
    kind: 'SecretLint',
    files: parsed.length,
    objects: parsed.flatMap(({objects}) => objects).length,
    secrets: parsed.flatMap(({objects}) => objects.filter(isSecret)).length,
    findings: findings.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line)),
    skipped: skipped.map(({file}) => file),
    notes: [...notes, ...parsed.flatMap((file) => file.objects.flatMap((object) => warningsOf(file, object, now)))],
  };
}

/** What nobody read is not all well. */
export function exitCodeOfLint({findings, objects}: SecretLint): ExitCode {
  if (findings.length > 0) return ExitCode.negative;
  return objects === 0 ? ExitCode.usage : ExitCode.ok;
}

function parseAll(text: string): {documents: Document.Parsed[]; lines: LineCounter} {
  const lines = new LineCounter();
  return {documents: documentsOf(text, lines), lines};
}

/** What tabs indent is read with blanks in their place, so that all else in the file is found, too. */
function parse(source: SourceText): Parsed {
  const {file, text} = source;
  const first = parseAll(text);
  const tab = first.documents.flatMap(({errors}) => errors).find(({code}) => code === 'TAB_AS_INDENT');
  const {documents, lines} = tab ? parseAll(text.replaceAll(/^[ \t]+/gm, (indent) => indent.replaceAll('\t', '  '))) : first;
  const findings: Finding[] = [];
  if (tab)
    findings.push({
      rule: 'tab-indentation',
      file,
      line: first.lines.linePos(tab.pos[0]).line,
      object: null,
      message: 'a tab indents this line, which YAML does not allow: the file cannot be applied',
      fix: 'indent with blanks',
    });
  const whole = documents.filter((document) => {
    const flaw = flawOf(document);
    if (flaw === undefined) return true;
    const {line} = lines.linePos(flaw.at);
    findings.push({rule: 'invalid-yaml', file, line, object: null, message: flaw.message, fix: 'mend that line'});
    return false;
  });
  const objects = whole.flatMap((document) => objectsOf(document.contents, document));
  return {source, objects, findings, lineOf: (offset) => lines.linePos(offset).line};
}

const isSecret = ({value}: ManifestObject): boolean => value.kind === 'Secret';

/** What sops encrypted may well be tracked by git, and its values are none yet. */
const isEncrypted = ({value}: ManifestObject): boolean => typeof value.sops === 'object' && value.sops !== null;

interface Known {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly keys: readonly string[];
}

const metadataOf = ({value}: ManifestObject): {name?: string; namespace?: string} =>
  (typeof value.metadata === 'object' && value.metadata) || {};

function knownObjects(parsed: readonly Parsed[]): Known[] {
  return parsed
    .flatMap(({objects}) => objects)
    .filter(({value}) => value.kind === 'Secret' || value.kind === 'ConfigMap')
    .map((object) => {
      const {data, stringData, binaryData, kind} = object.value;
      const {name = '', namespace} = metadataOf(object);
      return {
        kind: String(kind),
        name,
        namespace,
        keys: Object.keys({...fieldsOf(data), ...fieldsOf(stringData), ...fieldsOf(binaryData)}),
      };
    });
}

function judge(file: Parsed, object: ManifestObject, known: readonly Known[], now: number): Finding[] {
  const found = ({rule, message, fix}: Verdict, offset: number): Finding => ({
    rule,
    file: file.source.file,
    line: file.lineOf(offset),
    object: nameIn(object),
    message,
    fix,
  });
  return [
    ...(isSecret(object) ? secretFindings(file.source, object, now, found) : []),
    ...referenceFindings(object, known, found),
  ];
}

function nameIn(object: ManifestObject): string | null {
  const {kind} = object.value;
  return typeof kind === 'string' ? `${kind.toLowerCase()}/${metadataOf(object).name ?? '?'}` : null;
}

function warningsOf({source: {file}, lineOf}: Parsed, object: ManifestObject, now: number): string[] {
  if (!isSecret(object) || isEncrypted(object)) return [];
  const lineIn = (key: string) => lineOf(offsetOf(valuePairOf(object.node, key), object.node.range[0]));
  return soonExpired(valuesIn(object.value), now).map(
    ({key, message}) => `${file}:${lineIn(key)}  ${nameIn(object)}  ${message}`,
  );
}

type Found = (verdict: Verdict, offset: number) => Finding;

function secretFindings({tracked}: SourceText, object: ManifestObject, now: number, found: Found): Finding[] {
  const {node, value} = object;
  const start = node.range[0];
  if (isEncrypted(object)) return [];
  const holdsData = Object.keys({...fieldsOf(value.data), ...fieldsOf(value.stringData)}).length > 0;
  return [
    ...(tracked && holdsData ? [found(TRACKED, offsetOf(pairOf(node, 'kind'), start))] : []),
    ...judgeSecret(value, now).map((verdict) => {
      const pair = verdict.key === undefined ? undefined : valuePairOf(node, verdict.key);
      return found(verdict, offsetOf(pair ?? pairOf(node, 'type') ?? pairOf(node, 'data'), start));
    }),
    ...(['data', 'stringData'] as const).flatMap((field) => pairsOf(node, field).flatMap((pair) => keyFinding(pair, found))),
    ...(['data', 'stringData'] as const).flatMap((field) =>
      Object.entries(mappingOf(value[field])).flatMap(([key, one]) => {
        const verdict = judgeValue(field, key, one);
        const pair = pairsOf(node, field).find((pair) => isOf(pair, key)) ?? pairOf(node, field);
        return verdict === undefined ? [] : [found(verdict, offsetOf(pair, start))];
      }),
    ),
  ];
}

/** `on: x` is the key `true` to kubectl, and `0x10: x` the key `16`. */
function keyFinding(pair: Pair, found: Found): Finding[] {
  const {key} = pair;
  if (!isScalar(key) || !['boolean', 'number'].includes(typeof key.value) || String(key.value) === key.source) return [];
  const message = `${key.source} without quotes is the key ${key.value} to kubectl`;
  return [found({rule: 'invalid-key', message, fix: 'write it in quotes'}, offsetOf(pair, 0))];
}

const TRACKED: Verdict = {
  rule: 'tracked-by-git',
  message: 'git tracks this file: base64 is not encryption, and what was committed stays in the history',
  fix: 'git rm --cached it, ignore it, and change the values; keep them where they are encrypted (sops, SealedSecret, a vault)',
};

function referenceFindings(object: ManifestObject, known: readonly Known[], found: Found): Finding[] {
  const {references, sourceless} = referencesIn(object.node, object.document);
  const {namespace} = metadataOf(object);
  const named = (name: string | null) =>
    known.filter(
      (one) => one.name === name && (one.namespace === undefined || namespace === undefined || one.namespace === namespace),
    );
  return [
    ...sourceless.map(({name, at}) => {
      const [one] = named(name);
      const ref = one?.kind === 'ConfigMap' ? 'configMapKeyRef' : 'secretKeyRef';
      const other = one === undefined ? ' (or configMapKeyRef)' : '';
      return found(
        {
          rule: 'value-from-without-ref',
          message: 'valueFrom does not say from what: name and key stand in it directly, and the API refuses it',
          fix: `put name and key one level deeper, under ${ref}${other}`,
        },
        at,
      );
    }),
    ...references.flatMap(({kind, name, key, optional, at}) => {
      const same = named(name).filter((one) => one.kind === kind);
      const [other] = named(name);
      if (same.length === 0) return other === undefined ? [] : [found(wrongKind(kind, name, other.kind), at)];
      const keys = same.flatMap((one) => one.keys);
      if (key === null || optional || keys.includes(key)) return [];
      return [found(unknownKey(kind, name, key, keys), at)];
    }),
  ];
}

const wrongKind = (kind: string, name: string, other: string): Verdict => ({
  rule: 'wrong-kind',
  message: `there is no ${kind} ${name} here, but a ${other} of that name`,
  fix: `refer to the ${other}, or name the ${kind} that is meant`,
});

function unknownKey(kind: string, name: string, key: string, keys: readonly string[]): Verdict {
  const near = nearest(key, keys);
  return {
    rule: 'unknown-key',
    message: `${kind.toLowerCase()}/${name} has no key ${key}: pods that need it will not start`,
    fix: near === undefined ? `add the key, or mark the reference as optional` : `did you mean ${near}?`,
  };
}

const mappingOf = (value: unknown): object => (typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {});

/** Keys are text to the API: `on`, which is a boolean, is `true`. */
const isOf = ({key}: Pair, field: string): boolean => isScalar(key) && String(key.value) === field;

const pairOf = (map: YAMLMap, field: string): Pair | undefined => map.items.find((pair) => isOf(pair, field));

function pairsOf(map: YAMLMap, field: Field): Pair[] {
  const value = pairOf(map, field)?.value;
  return isMap(value) ? value.items : [];
}

const valuePairOf = (map: YAMLMap, key: string): Pair | undefined =>
  [...pairsOf(map, 'stringData'), ...pairsOf(map, 'data')].find((pair) => isOf(pair, key));

const offsetOf = (pair: Pair | undefined, otherwise: number): number =>
  (isScalar(pair?.key) ? pair.key.range?.[0] : undefined) ?? otherwise;
