import {randomBytes} from 'node:crypto';
import {Flags} from '@oclif/core';
import {BaseCommand, outputFlag, showCommandsFlag, yesFlag} from '../../src/cli/command.ts';
import {askFirst} from '../../src/cli/confirm.ts';
import {asKeyName} from '../../src/cli/key-name.ts';
import {generateCommands, generateConfiguration, generatedProviders} from '../../src/encryption/generate.ts';
import {placeWarnings, whatIsAt, writeKeyFile} from '../../src/encryption/key-file.ts';
import {renderGenerated} from '../../src/encryption/view/generate.ts';
import {ExitCode, Problem} from '../../src/problem.ts';

export default class EncryptAtRestGenerateCommand extends BaseCommand {
  static override summary = 'Write an EncryptionConfiguration with a new random key.';
  static override description =
    'Needs no cluster. Without --out the file goes to standard output; -o json and -o yaml print what was made without the key, and so need --out.';
  static override examples = [
    '<%= config.bin %> encrypt-at-rest generate --out encryption.yaml',
    '<%= config.bin %> encrypt-at-rest generate --provider aescbc --key-name key1 | ssh node "umask 077; cat > encryption.yaml"',
    '<%= config.bin %> encrypt-at-rest generate --provider kms --kms-endpoint unix:///run/kms/plugin.sock',
  ];
  static override flags = {
    ...outputFlag,
    ...yesFlag,
    ...showCommandsFlag,
    provider: Flags.option({description: 'what encrypts', options: generatedProviders, default: 'secretbox' as const})(),
    resources: Flags.string({description: 'what to encrypt, separated by commas', helpValue: 'secrets,…', default: 'secrets'}),
    'key-name': Flags.string({
      description: 'what to call the key; default: key-DATE-1, or kms',
      helpValue: 'NAME',
      parse: asKeyName,
    }),
    'kms-endpoint': Flags.string({description: 'socket of the KMS v2 plugin', helpValue: 'unix:///PATH'}),
    out: Flags.string({description: 'write this file, 0600, instead of standard output', helpValue: 'FILE'}),
  };

  async run(): Promise<void> {
    const {flags} = await this.parse(EncryptAtRestGenerateCommand);
    const {provider, out, output, yes} = flags;
    const options = {
      provider,
      resources: flags.resources.split(',').filter((name) => name !== ''),
      keyName: flags['key-name'],
      kmsEndpoint: flags['kms-endpoint'],
      now: new Date(),
    };
    if (flags['show-commands']) return this.presentCommands(generateCommands(options, out), output);
    if (out === undefined && output !== 'human') throw keyless(output);
    const {text, report} = generateConfiguration({...options, random: randomBytes});
    if (out === undefined) {
      process.stdout.write(text);
      const warnings = process.stdout.isTTY ? ['the key is on your screen now: --out FILE keeps it off'] : [];
      this.tell(renderGenerated({...report, warnings}, this.errorScreen));
      return;
    }
    const overwrite = (await whatIsAt(out)) === 'file';
    if (overwrite) await askFirst(`Overwrite ${out} and the key in it?`, {yes, signal: this.signal});
    await writeKeyFile(out, text, {overwrite});
    this.present({...report, file: out, warnings: await placeWarnings(out)}, output, renderGenerated);
  }
}

const keyless = (output: string): Problem =>
  new Problem(`-o ${output} prints a report, and the key is never in one`, {
    why: 'so the key would be lost',
    next: 'add --out FILE, or leave -o out to get the file on standard output',
    exitCode: ExitCode.usage,
  });
