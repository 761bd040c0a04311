import type {EtcdMember} from './etcd.ts';
import {EtcdProblem} from './problems.ts';

/** What the list of members knows of one; the ID is decimal, because it is larger than what a number holds exactly. */
export type MemberEntry = Pick<EtcdMember, 'id' | 'name' | 'clientUrls' | 'isLearner'>;

/** What a member says of itself. */
export interface MemberStatus {
  readonly version: string;
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  /** The leader's ID. */
  readonly leader: string;
  /** Alarms of all members are among them: see `alarmsIn`. */
  readonly errors: readonly string[];
}

export interface Alarm {
  readonly memberId: string;
  /** `NOSPACE`, `CORRUPT`. */
  readonly alarm: string;
}

/** A member as the list and the member itself tell of it; a Problem is why it does not. */
export function memberOf(entry: MemberEntry, status: MemberStatus | EtcdProblem, alarms: readonly Alarm[]): EtcdMember {
  const {id, name, clientUrls, isLearner} = entry;
  const known = {id, name, clientUrls, isLearner};
  const raised = alarms.filter(({memberId}) => memberId === id).map(({alarm}) => `alarm ${alarm}`);
  if (status instanceof EtcdProblem) {
    const {message, why} = status;
    const error = why === undefined ? message : `${message}: ${why}`;
    return {...known, dbSize: 0, dbSizeInUse: 0, version: '', isLeader: false, errors: [error, ...raised]};
  }
  const {version, dbSize, dbSizeInUse, leader, errors} = status;
  const own = errors.filter((text) => !ALARM.test(text));
  return {...known, dbSize, dbSizeInUse, version, isLeader: leader === id, errors: [...own, ...raised]};
}

/** The alarms among a member's errors, as etcd writes them: `memberID:10276657743932975437 alarm:NOSPACE `. */
export const alarmsIn = (errors: readonly string[]): Alarm[] =>
  errors.flatMap((text) => {
    const [, memberId, alarm] = ALARM.exec(text) ?? [];
    return memberId === undefined || alarm === undefined ? [] : [{memberId, alarm}];
  });

const ALARM = /^\s*memberID:\s*(\d+)\s+alarm:\s*(\w+)\s*$/;
