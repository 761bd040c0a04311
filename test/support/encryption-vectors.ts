import {readFileSync} from 'node:fs';

/** One text of test/fixtures/encryption/configurations.txt and what the API server's own code says of it. */
export interface Verdict {
  readonly name: string;
  readonly text: string;
  readonly hash: string;
  readonly error?: string;
  /** By resource: the prefix of a new value, empty for plaintext. Absent where the API server needs a feature gate for it. */
  readonly writes?: Readonly<Record<string, string>>;
}

/** A value that the API server's own code encrypted. */
export interface Vector {
  readonly name: string;
  readonly configuration: string;
  readonly rawKey: Buffer;
  readonly plain: Buffer;
  readonly stored: Buffer;
}

const folder = 'test/fixtures/encryption';
const recorded = JSON.parse(readFileSync(`${folder}/vectors.json`, 'utf8')) as {
  configurations: Omit<Verdict, 'text'>[];
  values: Record<keyof Vector, string>[];
};
const texts = new Map(
  `\n${readFileSync(`${folder}/configurations.txt`, 'utf8')}`
    .split('\n=== ')
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return [part.slice(0, end), `${part.slice(end + 1).replace(/\n$/, '')}\n`] as const;
    }),
);

export const verdicts: readonly Verdict[] = recorded.configurations.map((verdict) => {
  const text = texts.get(verdict.name);
  if (text === undefined) throw new Error(`no text of ${verdict.name}: run vectors.go again`);
  return {...verdict, text};
});

const decode = (text: string): Buffer => Buffer.from(text, 'base64');
export const vectors: readonly Vector[] = recorded.values.map(({name, configuration, rawKey, plain, stored}) => ({
  name,
  configuration,
  rawKey: Buffer.from(rawKey),
  plain: decode(plain),
  stored: decode(stored),
}));
