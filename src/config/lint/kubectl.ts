import {quoted} from '../../text/kubectl.ts';

/** What comes nearest without kops: the API server's own judgement (nothing is stored), and git's list. */
export const lintCommands = (path: string): string[] => [
  `kubectl apply --dry-run=server --validate=strict -R -f ${quoted(path)}`,
  ...(path === '-' ? [] : [`git ls-files -- ${quoted(path)}`]),
];
