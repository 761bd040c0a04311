import {disableEncryption, enableEncryption, encryptionAsIn, encryptionIn} from '../manifest/manifest.ts';
import {manifestsOf} from './prepare.ts';
import type {Digest} from './record.ts';
import type {Server, Target} from './servers.ts';
import type {Work} from './steps.ts';
import {digestOf} from './store.ts';

/**
 * What a server's manifest is to be at a step: these bytes; and where somebody edited it since the change began, the same change of the
 * edited one. Of an edit of what the change is about nobody can say what it is to become: `carry` gives undefined then.
 */
export function manifestFor(
  {transaction: {operation, configurationFile}, originals, sockets}: Work,
  {name}: Server,
  which: 'original' | 'enabled' | 'final',
): Required<Pick<Target, 'manifest' | 'carry'>> {
  const original = originals.get(name)?.manifest;
  if (original === undefined) throw new Error(`no originals of ${name}`);
  const all = {original, ...manifestsOf(original, operation, configurationFile, sockets)};
  const change = (text: string): string => {
    if (which === 'original') return encryptionAsIn(text, original.toString('utf8'));
    const enabled = enableEncryption(text, configurationFile, sockets);
    return which === 'final' && operation === 'disable' ? disableEncryption(enabled) : enabled;
  };
  return {
    manifest: all[which],
    carry(edited: Buffer, known: readonly Digest[]) {
      const text = edited.toString('utf8');
      const states = Object.values(all).filter((content) => known.includes(digestOf(content)));
      if (!states.some((content) => encryptionIn(content.toString('utf8')) === encryptionIn(text))) return undefined;
      const changed = change(text);
      return encryptionIn(changed) === encryptionIn(all[which].toString('utf8')) ? Buffer.from(changed) : undefined;
    },
  };
}
