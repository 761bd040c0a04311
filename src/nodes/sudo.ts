import type {Explanation} from './transport.ts';

/** Why `sudo -n` did not run anything. */
export function explainSudo(complaint: string): Explanation | undefined {
  if (/password is required|a terminal is required|no tty present/.test(complaint))
    return {
      why: 'sudo asks for a password there',
      next: 'allow it without one (NOPASSWD) for the time of the change, or go in as root',
    };
  if (/not in the sudoers|not allowed to execute|may not run sudo/.test(complaint))
    return {why: 'this user may not become root there', next: 'go in as a user who may, or as root'};
  if (/sudo: (command )?not found|sudo: No such file/.test(complaint))
    return {why: 'there is no sudo there', next: 'go in as root'};
  return undefined;
}
