import {stat} from 'node:fs/promises';
import {readCredentialFile} from '../access/referenced.ts';
import {bearer, type Certificate, type Credential, type Credentials, explainNow} from './credential.ts';

/** Milliseconds for which a token that was read is used without a look at its file. */
const LOOK_AGAIN = 1_000;

interface Options {
  readonly owner: string;
  /** The kubeconfig's `token`: used where the file cannot be read, as kubectl does. */
  readonly fallback: string | undefined;
  readonly certificate: Certificate | undefined;
}

/** A token that something else keeps fresh in a file, as the kubelet does for service accounts. Read again when the file changes. */
export function createTokenFile(file: string, {owner, fallback, certificate}: Options): Credentials {
  let latest: {readonly credential: Credential; readonly version: string} | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function read(): Promise<Credential> {
    const version = await versionOf(file);
    if (latest && latest.version === version) return latest.credential;
    const token = (await readCredentialFile(file, `tokenFile of ${owner}`)).trim();
    const credential = {headers: bearer(token), certificate};
    latest = {credential, version};
    return credential;
  }

  return {
    async current() {
      if (latest && performance.now() - lookedAt < LOOK_AGAIN) return latest.credential;
      lookedAt = performance.now();
      try {
        return await read();
      } catch (error) {
        // While a file is being replaced it may be gone for a moment: what was read last may still do.
        if (latest) return latest.credential;
        if (fallback) return {headers: bearer(fallback), certificate};
        throw error;
      }
    },
    refused() {
      [latest, lookedAt] = [undefined, Number.NEGATIVE_INFINITY];
      return true;
    },
    hint: async (credential) => `${await explainNow(credential)} (${file})`,
  };
}

/** Changes when the file is rewritten or replaced. */
async function versionOf(file: string): Promise<string> {
  try {
    const {ino, mtimeMs, size} = await stat(file);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return 'missing';
  }
}
