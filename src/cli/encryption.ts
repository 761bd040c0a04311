import type {Interfaces} from '@oclif/core';
import {type ControlPlane, type ControlPlaneNode, observe, type ServerState} from '../encryption/control-plane.ts';
import {exclusively} from '../encryption/exclusive.ts';
import {findOpenTransaction, type OpenTransaction, refuseOpen} from '../encryption/open-transaction.ts';
import type {Reached} from '../encryption/status.ts';
import type {Keyspace} from '../encryption/stored/etcd-path.ts';
import {renderOpenWarning} from '../encryption/view/run.ts';
import type {Etcd} from '../etcd/etcd.ts';
import type {Cluster} from '../kube/cluster.ts';
import {ConnectionProblem} from '../kube/errors.ts';
import type {Node} from '../nodes/node.ts';
import {ExitCode, Problem} from '../problem.ts';
import {ClusterCommand, clusterFlags} from './command.ts';
import {openStore} from './etcd-store.ts';
import {answers, type FoundNodes, findControlPlaneNodes, nodeFlags, reachNamed} from './nodes.ts';

export {nodeFlags} from './nodes.ts';

const planeFlags = {...clusterFlags, ...nodeFlags};
export type PlaneFlags = Interfaces.InferredFlags<typeof planeFlags>;

/** For the descriptions of what reads etcd. */
export const RIGHTS =
  "Nodes are reached as root, and etcd is read with the API server's certificate from there: RBAC and --as have no say in that, only in what goes through the API.";

/** A command about what is in etcd, and what encrypts it. */
export abstract class EncryptionCommand extends ClusterCommand {
  /** What a change that is open means to the command: a word of warning, that it cannot begin, or what it is about. */
  protected readonly open: 'warns' | 'refuses' | 'needs' = 'warns';
  /** See `findControlPlaneNodes`: for what only looks, and what goes on with a change, whose record names all of its nodes. */
  protected readonly mayGuessNodes: boolean = false;
  /** Ways to nodes that are none of the cluster's control planes yet. */
  private readonly others: Node[] = [];

  /**
   * Opens the control plane for a task, and closes what that took. Every node must be within reach, but one `without` which it is done. The
   * task is told what is open.
   */
  protected async withControlPlane<T>(
    flags: PlaneFlags,
    task: (plane: ControlPlane, open: OpenTransaction | undefined) => Promise<T>,
    without?: string,
  ): Promise<T> {
    return this.withNodes(flags, async (cluster, all) => {
      const found = without === undefined ? all : await this.allBut(without, cluster, all, flags);
      // First of all: a change in the middle may be why the rest does not work.
      if (this.open === 'refuses') await refuseOpen(reachable(found.nodes), this.signal);
      const open = await this.tellOfOpen(found);
      const plane = await openControlPlane(cluster, found, this.signal);
      try {
        return await task(plane, open);
      } finally {
        await plane.etcd.close();
      }
    });
  }

  /** Rejects where there is a way to that node: it is not gone. */
  private async allBut(name: string, cluster: Cluster, found: FoundNodes, flags: PlaneFlags): Promise<FoundNodes> {
    const own = found.nodes.find((node) => node.name === name);
    if (own ? 'server' in own : await answers(cluster, name, flags, this.signal)) {
      throw new Problem(`${name} still answers`, {
        why: 'only a node that is gone for good can be left out: its API server would go on writing as before',
        next: 'leave out --without; or take the machine down first, and delete its node',
        exitCode: ExitCode.negative,
      });
    }
    return {...found, nodes: found.nodes.filter((node) => node !== own)};
  }

  private async tellOfOpen({nodes}: FoundNodes): Promise<OpenTransaction | undefined> {
    const open = await findOpenTransaction(reachable(nodes), this.signal);
    if (open && this.open === 'warns') this.tell(renderOpenWarning(open, this.errorScreen));
    return open;
  }

  /** Rejects where no API server tells which nodes there are; a change that is open on this one may be why. */
  private async findNodes(cluster: Cluster, flags: PlaneFlags): Promise<FoundNodes> {
    try {
      return await findControlPlaneNodes(cluster, flags, this.signal, {mayGuess: this.mayGuessNodes});
    } catch (error) {
      if (!(error instanceof ConnectionProblem)) throw error;
      const here = await findControlPlaneNodes(cluster, flags, this.signal, {mayGuess: true}).catch(() => undefined);
      if (here) await this.tellOfOpen(here).finally(() => closeAll(here));
      throw error;
    }
  }

  /** The same with the nodes alone, those out of reach among them. */
  protected async withNodes<T>(flags: PlaneFlags, task: (cluster: Cluster, found: FoundNodes) => Promise<T>): Promise<T> {
    const cluster = await this.connect(flags);
    const found = await this.findNodes(cluster, flags);
    if (flags.as !== undefined || flags['as-group'] !== undefined) {
      const note = `--as counts for the API alone: nodes are reached, and etcd is read, with root's rights on the nodes`;
      this.tell(`${this.errorScreen.theme.waiting('⚠')} ${note}`);
    }
    if (flags['node-access'] === 'auto') for (const chosen of found.chosen) this.tell(this.errorScreen.theme.dim(chosen));
    try {
      return await task(cluster, found);
    } finally {
      await Promise.all([closeAll(found), ...this.others.map((node) => node.close())]);
    }
  }

  /**
   * For what needs no node: does it while no other kops changes the encryption, and says so where nobody can tell, because a control plane is
   * not within reach.
   */
  protected async besideNoChange<T>(flags: PlaneFlags, cluster: Cluster, task: () => Promise<T>): Promise<T> {
    const {nodes, why} = await this.reachAll(flags, cluster);
    try {
      if (why === undefined) return await exclusively(nodes, this.signal, task);
      this.tell(
        `${this.errorScreen.theme.waiting('⚠')} whether another kops is changing the encryption could not be looked at: ${why}`,
      );
      return await task();
    } finally {
      await Promise.all(nodes.map(({node}) => node.close()));
    }
  }

  /** `why`: of the first node that cannot be reached, or of a control plane that is somebody else's. */
  private async reachAll(flags: PlaneFlags, cluster: Cluster): Promise<{nodes: ControlPlaneNode[]; why?: string}> {
    try {
      const {nodes} = await findControlPlaneNodes(cluster, flags, this.signal);
      const unreached = nodes.find((node) => 'problem' in node);
      return {nodes: reachable(nodes), ...(unreached && 'problem' in unreached && {why: unreached.problem.message})};
    } catch (error) {
      if (error instanceof Problem) return {nodes: [], why: error.message};
      throw error;
    }
  }

  /** For a task of these: a node that is a control plane, or is to become one. */
  protected async nodeOf(name: string, {cluster, nodes}: ControlPlane, flags: PlaneFlags): Promise<Node> {
    const known = nodes.find((server) => server.name === name);
    if (known) return known.node;
    const {node} = await reachNamed(cluster, name, flags, this.signal);
    this.others.push(node);
    return node;
  }
}

/** Rejects with why a node cannot be reached, where there is one. */
async function openControlPlane(cluster: Cluster, {nodes, isLab}: FoundNodes, signal: AbortSignal): Promise<ControlPlane> {
  for (const node of nodes) if ('problem' in node) throw node.problem;
  const servers = reachable(nodes);
  const store = await openEtcdOf(cluster, servers, isLab, signal);
  return {context: cluster.context, nodes: servers, cluster, ...store};
}

/** The store of the first server whose manifest tells of one. */
export async function openEtcdOf(
  cluster: Cluster,
  servers: readonly ControlPlaneNode[],
  isLab: boolean,
  signal: AbortSignal,
): Promise<Keyspace & {readonly etcd: Etcd}> {
  let problem = new Problem('no control-plane node is within reach', {
    why: 'the manifest of an API server tells where etcd is, and its certificates are on the node',
    exitCode: ExitCode.noAccess,
  });
  for (const server of servers) {
    let state: ServerState;
    try {
      state = await observe(server, signal);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem = error;
      continue;
    }
    return openStore({cluster, server, state, servers, isLab}, signal);
  }
  throw problem;
}

export const reachable = (nodes: readonly Reached[]): ControlPlaneNode[] =>
  nodes.flatMap((node) => ('server' in node ? [node.server] : []));

const closeAll = ({nodes}: FoundNodes): Promise<unknown> => Promise.all(reachable(nodes).map(({node}) => node.close()));
