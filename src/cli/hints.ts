import type {Interfaces} from '@oclif/core';

/** What the user types first, and what may follow. */
export interface Words {
  readonly bin: string;
  readonly topics: readonly string[];
}

export const wordsOf = ({bin, commandIDs}: Pick<Interfaces.Config, 'bin' | 'commandIDs'>): Words => ({
  bin,
  topics: [...new Set(commandIDs.map((id) => id.split(':')[0] ?? id))],
});

/**
 * Text for people, in which the commands of kops are what the user types: as kubectl's plugin, `kubectl kops rollout status`. Messages
 * are written without knowing: this is the one place that does.
 */
export function asTyped(text: string, {bin, topics}: Words): string {
  if (bin === 'kops') return text;
  return text.replaceAll(new RegExp(String.raw`(?<![\w/.-])(?<!kubectl )kops (?=(?:${topics.join('|')})\b)`, 'g'), `${bin} `);
}
