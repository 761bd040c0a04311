import type {EtcdMember, KeyValue} from '../etcd.ts';
import {alarmsIn, type MemberEntry, type MemberStatus, memberOf} from '../members.ts';
import type {PageAnswer} from '../pages.ts';
import {EtcdProblem} from '../problems.ts';

/** What `etcdctl get -w json` prints. Numbers of 64 bits may be numbers or, as protobuf's own JSON has them, strings. */
export function parseRange(text: string, via: string): PageAnswer {
  const {header, kvs, more} = parse(text, via);
  const revision = numberOf(recordOf(header)?.revision);
  if (revision === undefined) throw unreadable(via);
  return {revision, more: more === true, items: recordsOf(kvs).map((kv) => keyValue(kv, via))};
}

/** What `etcdctl member list -w json` prints. */
export function parseMembers(text: string, via: string): MemberEntry[] {
  return recordsOf(parse(exact(text), via).members).map(({ID, name, clientURLs, isLearner}) => ({
    id: String(ID ?? ''),
    name: stringOf(name),
    clientUrls: stringsOf(clientURLs),
    isLearner: isLearner === true,
  }));
}

/** What `etcdctl endpoint status --cluster -w json` prints: those that answered. */
export function parseStatus(entries: readonly MemberEntry[], text: string, via: string): EtcdMember[] {
  const statuses = new Map(recordsOf(json(exact(text), via)).map(({Status}) => statusOf(recordOf(Status))));
  const alarms = alarmsIn([...statuses.values()].flatMap(({errors}) => errors));
  const known = [...new Map(alarms.map((raised) => [`${raised.memberId} ${raised.alarm}`, raised])).values()];
  return entries.map((entry) => memberOf(entry, statuses.get(entry.id) ?? silent(entry, via), known));
}

function statusOf(status: Json | undefined): [id: string, MemberStatus] {
  const {header, version, dbSize, dbSizeInUse, leader, errors} = status ?? {};
  return [
    String(recordOf(header)?.member_id ?? ''),
    {
      version: stringOf(version),
      dbSize: numberOf(dbSize) ?? 0,
      dbSizeInUse: numberOf(dbSizeInUse) ?? 0,
      leader: String(leader ?? ''),
      errors: stringsOf(errors),
    },
  ];
}

const silent = ({name}: MemberEntry, via: string): EtcdProblem =>
  new EtcdProblem(`etcd's member ${name} does not answer`, {kind: 'unreachable', why: via});

function keyValue({key, value, create_revision, mod_revision, version}: Json, via: string): KeyValue {
  const [createRevision, modRevision, writes] = [create_revision, mod_revision, version].map(numberOf);
  if (typeof key !== 'string' || createRevision === undefined || modRevision === undefined) throw unreadable(via);
  return {
    key: Buffer.from(key, 'base64'),
    value: Buffer.from(stringOf(value), 'base64'),
    createRevision,
    modRevision,
    version: writes ?? 0,
  };
}

type Json = Readonly<Record<string, unknown>>;

const recordOf = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
const recordsOf = (value: unknown): Json[] =>
  Array.isArray(value) ? value.map(recordOf).filter((item) => item !== undefined) : [];
const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const stringsOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []);

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

/** IDs of members are larger than what a number holds exactly: they become strings before JSON is read. */
const exact = (text: string): string => text.replaceAll(/(?<=[:[,]\s*)\d{16,}(?=\s*[,}\]])/g, '"$&"');

function parse(text: string, via: string): Json {
  const record = recordOf(json(text, via));
  if (record === undefined) throw unreadable(via);
  return record;
}

function json(text: string, via: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(via); // without the cause, which repeats what was there: perhaps a value
  }
}

const unreadable = (via: string): EtcdProblem =>
  new EtcdProblem(`cannot make sense of what etcdctl printed: ${via}`, {
    kind: 'other',
    why: 'it is not the JSON that etcdctl 3.4 and later print',
    next: 'reach etcd by gRPC',
  });
