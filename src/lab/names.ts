import {ExitCode, Problem} from '../problem.ts';

export const LONGEST_NAME = 40;

/** A lab's name becomes part of node names: a DNS label (RFC 1123), short enough for a suffix. Throws a Problem. */
export function checkLabName(name: string): string {
  if (name.length <= LONGEST_NAME && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) return name;
  throw new Problem(`"${name}" cannot name a lab`, {
    why: `its nodes are called after it: lower-case letters, digits and inner dashes, at most ${LONGEST_NAME}`,
    next: 'kops lab up --name practice',
    exitCode: ExitCode.usage,
  });
}

/** What a lab is called in a kubeconfig. */
export const contextOf = (name: string): string => `kops-${name}`;

/** `NAME-control-plane`, `NAME-control-plane2` …, as kind numbers them. */
export const controlPlaneNames = (name: string, count: number): string[] => numbered(`${name}-control-plane`, count);
export const workerNames = (name: string, count: number): string[] => numbered(`${name}-worker`, count);

const numbered = (base: string, count: number): string[] =>
  Array.from({length: count}, (_, i) => (i === 0 ? base : `${base}${i + 1}`));
