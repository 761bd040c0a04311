import {ExitCode, Problem} from '../../problem.ts';
import {type ShellAssignments, shellAssignments} from '../read/env-file.ts';
import type {EffectiveEnv} from './report.ts';

/** The variables as lines for a shell. A Secret among them is a Problem unless it may be revealed: a mask would be a wrong value. */
export function envAssignments(
  {variables}: EffectiveEnv,
  {reveal = false, onTerminal = false}: {readonly reveal?: boolean; readonly onTerminal?: boolean},
): ShellAssignments {
  const secrets = variables.filter(({secret}) => secret).map(({name}) => name);
  if (secrets.length > 0 && !reveal) {
    throw new Problem('-o env prints values as they are, and some are of Secrets', {
      why: `of a Secret is what is in ${secrets.join(', ')}`,
      next: 'add --reveal where they may be seen',
      exitCode: ExitCode.usage,
    });
  }
  const known = variables.filter(({value}) => value !== undefined);
  const data = Object.fromEntries(known.map(({name, value = ''}) => [name, value]));
  const {text, left} = shellAssignments({data, binary: {}}, {onTerminal});
  return {text, left: [...left, ...variables.filter(({value}) => value === undefined).map(({name}) => name)]};
}
