import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {LabFolder, type LabRecord} from './record.ts';
import {isCreated, readRecords} from './store.ts';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * The control-plane nodes of the embedded lab that has an API server at this URL, each with the folder that stands for its `/`; one whose
 * folder is gone is no node any more. Undefined where no lab below `labs` (`foldersOf(env).labs`) has one there. Reads the records and asks nobody: the lab need not run.
 */
export function labNodes(server: string, labs: string): ReadonlyMap<string, string> | undefined {
  if (!URL.canParse(server)) return undefined;
  const {hostname, port} = new URL(server);
  if (!LOOPBACK.has(hostname)) return undefined;
  const listens = ({ports}: LabRecord) => ports.apiServers.includes(Number(port));
  const lab = readRecords(labs).find((record) => listens(record) && isCreated(new LabFolder(join(labs, record.name))));
  if (!lab) return undefined;
  const folder = new LabFolder(join(labs, lab.name));
  const nodes = lab.controlPlanes.map((node) => [node, folder.node(node)] as const);
  return new Map(nodes.filter(([, root]) => existsSync(root)));
}
