import {quoted} from '../../text/kubectl.ts';
import {namedRows} from '../../text/rows.ts';
import type {Screen} from '../../text/screen.ts';
import type {GeneratedConfiguration} from '../generate.ts';

/** What was generated and where it went. The key itself is never in it. */
export function renderGenerated(report: GeneratedConfiguration, {theme, width}: Screen): string {
  const {provider, keyName, resources, reason, file, warnings, notes} = report;
  const held = provider === 'kms' ? 'held by the KMS' : '32 random bytes';
  return [
    `${theme.good('✓')} ${file ?? 'EncryptionConfiguration'}${file ? theme.dim('  EncryptionConfiguration, 0600') : ''}`,
    ...namedRows(
      [
        ['key', `${keyName} (${held})`],
        ['encrypts', resources.join(', ')],
        ['provider', `${provider}: ${reason}`],
        ['needs', ...notes],
        ['next', ...(file === null ? [] : [`kops encrypt-at-rest setup --config ${quoted(file)}`])],
        ['backup', ...(provider === 'kms' ? [] : ['keep a copy apart from the backups of etcd: without it nothing opens'])],
      ],
      width,
    ),
    ...warnings.map((warning) => `  ${theme.waiting('⚠')} ${warning}`),
  ].join('\n');
}
