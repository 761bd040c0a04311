import {chmod, readFile, writeFile} from 'node:fs/promises';
import {temporaryFile} from './apiserver.ts';

/** A credential plugin that is a shell script: prints what the test wants, notes that it ran and what it was told. */
export interface FakePlugin {
  /** For a kubeconfig's `exec`. */
  readonly command: string;
  /** What it does from now on; `reply` is printed. */
  says(reply: object | string, lines?: string): Promise<void>;
  /** KUBERNETES_EXEC_INFO of each run so far. */
  runs(): Promise<{readonly spec: {readonly interactive: boolean; readonly cluster?: object}; readonly apiVersion: string}[]>;
}

export async function fakePlugin(): Promise<FakePlugin> {
  const command = await temporaryFile('login', '#!/bin/sh\n', 0o700);
  return {
    command,
    async says(reply, lines = '') {
      const text = typeof reply === 'string' ? reply : JSON.stringify(reply);
      const script = `#!/bin/sh\necho "$KUBERNETES_EXEC_INFO" >>"$0.runs"\n${lines}\ncat <<'END'\n${text}\nEND\n`;
      await writeFile(command, script);
      await chmod(command, 0o700);
    },
    async runs() {
      const notes = await readFile(`${command}.runs`, 'utf8').catch(() => '');
      return notes
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    },
  };
}

/** What a plugin prints: `status` goes in as it is. */
export const execCredential = (status: object, version = 'v1'): object => ({
  apiVersion: `client.authentication.k8s.io/${version}`,
  kind: 'ExecCredential',
  status,
});
