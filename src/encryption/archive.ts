import {listFiles, readFile, writeFile} from '../nodes/files.ts';
import {Problem} from '../problem.ts';
import {enumerate} from '../text/enumerate.ts';
import {parseConfiguration} from './configuration/parse.ts';
import type {EncryptionConfiguration} from './configuration/types.ts';
import type {ControlPlaneNode} from './control-plane.ts';
import {ARCHIVE_FOLDER} from './transaction/record.ts';

type Holder = Pick<ControlPlaneNode, 'name' | 'node'>;

interface Archived {
  /** `FILE on NODE`. */
  readonly where: string;
  readonly content: Buffer;
  readonly configuration: EncryptionConfiguration;
}

/** What held keys that nothing needed any more, on each of the nodes. What else lies there, or cannot be understood, is nobody's key. */
export async function archivedConfigurations(nodes: readonly Holder[], signal: AbortSignal): Promise<Archived[]> {
  const found: Archived[] = [];
  for (const holder of nodes) {
    for (const file of await filesOf(holder, signal)) {
      const archived = await readArchived(holder, file, signal);
      if (archived && !(archived instanceof Problem)) found.push(archived);
    }
  }
  return found;
}

/** Folders and notes of people are none. */
const filesOf = async ({node}: Holder, signal: AbortSignal): Promise<string[]> =>
  (await listFiles(node, ARCHIVE_FOLDER, signal)).filter((file) => file.endsWith('.yaml'));

async function readArchived({name, node}: Holder, file: string, signal: AbortSignal): Promise<Archived | Problem | undefined> {
  const path = `${ARCHIVE_FOLDER}/${file}`;
  const where = `${path} on ${name}`;
  try {
    const read = await readFile(node, path, signal);
    return read && {where, content: read.content, configuration: parseConfiguration(read.content.toString('utf8'), where)};
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

export interface SpreadArchive {
  readonly given: readonly {readonly node: string; readonly file: string}[];
  /** Of what is on some node and on none can be read: why. */
  readonly unread: readonly string[];
}

/** Gives each node what others have archived, so that no key is lost, and no name of one used again, when those are replaced. */
export async function spreadArchive(nodes: readonly Holder[], signal: AbortSignal): Promise<SpreadArchive> {
  const listed = await Promise.all(nodes.map(async (holder) => ({holder, files: await filesOf(holder, signal)})));
  const given: {node: string; file: string}[] = [];
  const unread: string[] = [];
  for (const file of new Set(listed.flatMap(({files}) => files))) {
    const [having, lacking] = [true, false].map((has) => listed.filter(({files}) => files.includes(file) === has));
    let archived: Archived | Problem | undefined;
    for (const {holder} of having ?? []) {
      archived = await readArchived(holder, file, signal);
      if (archived && !(archived instanceof Problem)) break;
    }
    if (archived instanceof Problem) unread.push(archived.message);
    if (archived === undefined || archived instanceof Problem) continue;
    for (const {holder} of lacking ?? []) {
      const options = {mode: '600', directoryMode: '700', expect: 'absent'} as const;
      await writeFile(holder.node, `${ARCHIVE_FOLDER}/${file}`, archived.content, options, signal);
      given.push({node: holder.name, file});
    }
  }
  return {given, unread};
}

/** Undefined where there is nothing to say. */
export function archiveWords({given, unread}: SpreadArchive): string | undefined {
  const told = [
    ...(given.length > 0 ? [`gave ${enumerate([...new Set(given.map(({node}) => node))])} archived keys of the others`] : []),
    ...unread.map((why) => `left alone in the archive: ${why}`),
  ];
  return told.length > 0 ? told.join('; ') : undefined;
}
