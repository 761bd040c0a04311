import {isAlias, isMap, isNode, isSeq, Scalar, type ScalarTag, type Tags} from 'yaml';

const numberTag = (test: RegExp, resolve: (text: string) => number): ScalarTag => ({
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test,
  identify: (value) => typeof value === 'number',
  resolve,
  stringify: ({source, value}) => source ?? String(value), // 0644 stays 0644
});

/** Longest first; its value is only told from other values, so that a precision lost does not matter. */
const numbers = [
  numberTag(/^[-+]?0(?:b_*[01][01_]*|[xX]_*[0-9a-fA-F][0-9a-fA-F_]*|[oO]_*[0-7][0-7_]*|[0-7_]+)$/, (text) => {
    const digits = text.replaceAll(/[-+_]/g, '').replace(/^0(?=[0-7])/, '0o');
    return text.startsWith('-') ? -Number(digits) : Number(digits);
  }),
  numberTag(/^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/, (text) => Number(text.replaceAll('_', ''))),
  numberTag(/^(?:\.(?:nan|NaN|NAN)|[-+]?\.(?:inf|Inf|INF))$/, (text) =>
    /n$/i.test(text) ? Number.NaN : Number.POSITIVE_INFINITY,
  ),
];

/**
 * YAML as Kubernetes' programs read it: 1.1 as far as go-yaml v2 has it, with `yes` and `on` as booleans, but base 60, dates and sets as
 * strings. Source: go.yaml.in/yaml/v2/resolve.go. Merge keys (`<<`) are left out: with strict decoding they are of no use to an
 * API server's files, and an edit would have to undo them.
 */
export const goYaml = {
  version: '1.1',
  prettyErrors: false,
  customTags: (tags: Tags): Tags => [
    ...tags.filter((tag) => typeof tag === 'string' || !/:(int|float|timestamp|binary|merge|omap|pairs|set)$/.test(tag.tag)),
    ...numbers,
  ],
} as const;

/** Of a merge key that stands before something else than mappings. */
export class MergeError extends Error {
  /** Offset in the text. */
  readonly at: number;
  constructor(value: unknown) {
    super('a merge key (<<) takes a mapping or a list of mappings');
    this.at = (isNode(value) ? value.range?.[0] : undefined) ?? 0;
  }
}

/**
 * `<<: *common`. What comes later in a mapping counts, be it merged or its own; of a list of mappings what comes earlier.
 * Source: go.yaml.in/yaml/v2/decode.go.
 */
const merge: ScalarTag = {
  tag: 'tag:yaml.org,2002:merge',
  default: 'key',
  test: /^<<$/,
  // A symbol equals no other one: several may stand in a mapping.
  resolve: () => Object.assign(new Scalar(Symbol('<<')), {addToJSMap}),
};

const addToJSMap: NonNullable<Scalar['addToJSMap']> = (context, map, value) => {
  const resolved = (node: unknown) => (isAlias(node) && context ? node.resolve(context.doc, context) : node);
  const source = resolved(value);
  for (const item of isSeq(source) ? source.items.toReversed() : [source]) {
    const mapping = resolved(item);
    if (!isMap(mapping)) throw new MergeError(value);
    for (const [key, field] of Object.entries(mapping.toJSON(null, context)))
      Object.defineProperty(map, key, {value: field, writable: true, enumerable: true, configurable: true});
  }
};

const binary: ScalarTag = {
  tag: 'tag:yaml.org,2002:binary',
  default: false,
  resolve: (text) => Buffer.from(text, 'base64').toString('utf8'),
};

/** A manifest as kubectl reads it: `goYaml` with merge keys, whatever version it says it is of. */
export const kubectlYaml = {
  ...goYaml,
  schema: 'yaml-1.1',
  resolveKnownTags: false,
  customTags: (tags: Tags): Tags => [...goYaml.customTags(tags), merge, binary],
} as const;
