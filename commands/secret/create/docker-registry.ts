import {Flags} from '@oclif/core';
import {CreateConfigCommand, createFlags, secretCreateArgs} from '../../../src/cli/config-create.ts';
import {registryLogin, registryWords} from '../../../src/cli/registry-login.ts';
import {DOCKER_HUB} from '../../../src/config/create/docker-config.ts';
import {DOCKER_CONFIG_KEY, registryWarnings, SecretType} from '../../../src/config/create/secret-types.ts';

export default class SecretCreateDockerRegistryCommand extends CreateConfigCommand {
  static override summary = 'Create a Secret that pulls images from a registry.';
  static override description =
    'Of a login: without --docker-password or --docker-password-stdin it asks for the password. Or of a file that docker login wrote.';
  static override examples = [
    '<%= config.bin %> secret create docker-registry pull --docker-server registry.example.com --docker-username ci -n shop',
    '<%= config.bin %> secret create docker-registry pull --from-file ~/.docker/config.json',
  ];
  static override args = secretCreateArgs;
  static override flags = {
    ...createFlags,
    'docker-server': Flags.string({description: `the registry; default: ${DOCKER_HUB}`, helpValue: 'URL'}),
    'docker-username': Flags.string({description: 'the user there', helpValue: 'USER'}),
    'docker-password': Flags.string({description: "the password; it then shows in the shell's history", helpValue: 'PASSWORD'}),
    'docker-password-stdin': Flags.boolean({description: 'take the password from standard input, less a newline at its end'}),
    'docker-email': Flags.string({description: 'an address, which few registries ask for', helpValue: 'ADDRESS'}),
  };

  async run(): Promise<void> {
    const {args, flags} = await this.parse(SecretCreateDockerRegistryCommand);
    const login = registryLogin(flags);
    if (flags['docker-password'] !== undefined && !flags['show-commands'])
      this.warnOf(
        "--docker-password shows in the shell's history; without it kops asks, and --docker-password-stdin takes a pipe",
      );
    await this.make(
      {
        kind: 'Secret',
        ...args,
        type: SecretType.dockerConfigJson,
        defaultKey: DOCKER_CONFIG_KEY,
        check: registryWarnings,
        ...(login && {entries: login, special: registryWords(args.name, flags)}),
      },
      flags,
    );
  }
}
