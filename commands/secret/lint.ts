import {resolve} from 'node:path';
import {Flags} from '@oclif/core';
import {asGiven, BaseCommand, outputFlag, showCommandsFlag} from '../../src/cli/command.ts';
import {trackedBy} from '../../src/cli/git.ts';
import {readManifests} from '../../src/cli/manifests.ts';
import {lintCommands} from '../../src/config/lint/kubectl.ts';
import {exitCodeOfLint, lintSecrets} from '../../src/config/lint/lint.ts';
import {renderLint} from '../../src/config/lint/view.ts';

export default class SecretLintCommand extends BaseCommand {
  static override summary = 'Find what is wrong with the Secrets of manifests, and with what refers to them.';
  static override description =
    'Exit code 3 where something is found, 2 where there was nothing to check. No cluster is asked, and no value is printed.';
  static override examples = [
    '<%= config.bin %> secret lint -f deploy/',
    'kustomize build . | <%= config.bin %> secret lint -f -',
  ];
  static override flags = {
    filename: Flags.string({
      char: 'f',
      description: 'a manifest, or a folder of them; - reads standard input',
      helpValue: 'FILE',
      required: true,
      parse: asGiven('a file'),
    }),
    ...outputFlag,
    ...showCommandsFlag,
  };

  protected override readonly quotes = true;

  async run(): Promise<void> {
    const {flags} = await this.parse(SecretLintCommand);
    const path = flags.filename;
    if (flags['show-commands']) return this.presentCommands(lintCommands(path), flags.output);
    const files = await readManifests(path, this.signal);
    const tracked = path === '-' ? new Set<string>() : await trackedBy(path, this.signal);
    const isKnown = typeof tracked !== 'string';
    const sources = files.map((file) => ({...file, tracked: isKnown ? tracked.has(resolve(file.file)) : undefined}));
    const notes = isKnown ? [] : [`${tracked}: whether it has these files was not checked`];
    const report = lintSecrets(sources, {now: Date.now(), notes});
    this.present(report, flags.output, renderLint);
    this.exit(exitCodeOfLint(report));
  }
}
