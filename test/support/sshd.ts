import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {GenericContainer, type StartedTestContainer, Wait} from 'testcontainers';

/** A host with an ssh server, and an `ssh` that knows its key and has one of its own that the host takes. */
export interface SshHost {
  readonly address: string;
  readonly container: StartedTestContainer;
  /** Holds a program `ssh` to put first on the PATH. */
  readonly programs: string;
  /** Runs a command line there as root. */
  sh(script: string): Promise<string>;
  stop(): Promise<void>;
}

/** Logs in as root; as `ops`, who may use sudo; and as `guest`, of whom sudo wants a password. `image`: one with sshd and sudo. */
export async function startSshHost(image: string): Promise<SshHost> {
  process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true'; // its helper image may not be there; `stop` removes the container
  const {folder, publicKey, write} = createClient();
  const user = (name: string) =>
    `useradd -m -p '*' -s /bin/bash ${name}; install -d -o ${name} -m 700 /home/${name}/.ssh; install -o ${name} -m 600 /key /home/${name}/.ssh/authorized_keys`;
  const container = await new GenericContainer(image)
    .withEntrypoint(['/bin/sh'])
    .withCopyContentToContainer([{content: publicKey, target: '/key'}])
    .withCommand([
      '-c',
      `mkdir -p /run/sshd; rm -f /run/nologin; ssh-keygen -A; ${user('ops')}; ${user('guest')}
      echo 'ops ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops
      install -d -m 700 /root/.ssh; install -m 600 /key /root/.ssh/authorized_keys
      while :; do /usr/sbin/sshd -D -e; done`,
    ])
    .withWaitStrategy(Wait.forLogMessage(/Server listening on 0\.0\.0\.0 port 22/))
    .start();
  const [network = ''] = container.getNetworkNames();
  const address = container.getIpAddress(network);
  const sh = async (script: string) => (await container.exec(['sh', '-c', script])).output;
  write(address, await sh(HOST_KEY));
  return {
    address,
    container,
    programs: folder,
    sh,
    stop: async () => {
      await container.stop();
      rmSync(folder, {recursive: true});
    },
  };
}

/** Starts an ssh server in a container that runs already, and lets root log in. Its image must have sshd. */
export function openSsh(container: string, address: string): Pick<SshHost, 'programs'> & {close(): void} {
  const {folder, publicKey, write} = createClient();
  const sh = (script: string) => execFileSync('docker', ['exec', container, 'sh', '-c', script], {encoding: 'utf8'});
  sh(`mkdir -p /run/sshd /root/.ssh && chmod 700 /root/.ssh && echo '${publicKey.trim()}' >/root/.ssh/authorized_keys &&
    chmod 600 /root/.ssh/authorized_keys && rm -f /run/nologin && ssh-keygen -A >/dev/null && /usr/sbin/sshd`);
  write(address, sh(HOST_KEY));
  return {programs: folder, close: () => rmSync(folder, {recursive: true})};
}

const HOST_KEY = 'cat /etc/ssh/ssh_host_ed25519_key.pub';

/** A folder with a key, and, once the host's key is known, with a program `ssh` that uses both. */
function createClient() {
  const folder = mkdtempSync(join(tmpdir(), 'kops-sshd-'));
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
  return {
    folder,
    publicKey: readFileSync(join(folder, 'key.pub'), 'utf8'),
    write(address: string, hostKey: string): void {
      writeFileSync(join(folder, 'known_hosts'), `${address} ${hostKey.trim()}\n`);
      writeFileSync(
        join(folder, 'config'),
        `Host *\n  IdentityFile ${folder}/key\n  IdentitiesOnly yes\n  UserKnownHostsFile ${folder}/known_hosts\n  User root\n`,
      );
      const ssh = execFileSync('sh', ['-c', 'command -v ssh'], {encoding: 'utf8'}).trim();
      writeFileSync(join(folder, 'ssh'), `#!/bin/sh\nexec ${ssh} -F ${folder}/config "$@"\n`, {mode: 0o755});
    },
  };
}
