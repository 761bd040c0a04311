import {isKeyName} from '../encryption/configuration/key-names.ts';

/** The parser of `--key-name`. */
export async function asKeyName(text: string): Promise<string> {
  if (isKeyName(text)) return text;
  throw new Error(`Expected a name without colons and spaces, but received: ${text}`);
}
