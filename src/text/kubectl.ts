/** What the user said of the cluster, and so what kubectl must be told. */
export interface KubectlScope {
  readonly namespace?: string | undefined;
  readonly allNamespaces?: boolean | undefined;
  readonly context?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly as?: string | undefined;
  readonly asGroups?: readonly string[] | undefined;
}

/** A line for a POSIX shell: kubectl with these words and what the scope adds. */
export function kubectl(
  verb: readonly string[],
  {namespace, allNamespaces, context, kubeconfig, as, asGroups = []}: KubectlScope,
): string {
  const where = allNamespaces ? ['-A'] : namespace ? ['-n', namespace] : [];
  const whom = [...(as ? ['--as', as] : []), ...asGroups.flatMap((group) => ['--as-group', group])];
  const which = [...(context ? ['--context', context] : []), ...(kubeconfig ? ['--kubeconfig', kubeconfig] : [])];
  return ['kubectl', ...verb, ...where, ...which, ...whom].map(quoted).join(' ');
}

/** A word that a POSIX shell reads back as it is. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
