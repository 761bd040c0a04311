import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {MANIFESTS} from '../manifests.ts';
import {findProcesses, stopProcesses} from '../processes.ts';
import type {LabFolder} from '../record.ts';
import {writePrivate} from '../store.ts';
import type {Host} from './host.ts';
import {ManifestFolder} from './manifest-folder.ts';
import {kubeletConfig, Mirror} from './mirror.ts';
import {isOf, StaticPods} from './pods.ts';
import {ManifestSource} from './source.ts';
import type {PodsStatus} from './status.ts';

/** What a control plane's static pods run; KWOK, which is counted to the first node, is none of them. */
const STATIC = new Set(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']);
/** Milliseconds. The kubelet learns of changes by inotify, and reads all files again every 20 s (fileCheckFrequency). */
const LOOK = 100;
const READ_ALL = 20_000;
const GRACE = 2_000;

/**
 * Plays the kubelet of one node as far as static pods go: what the manifests folder says runs, as processes that outlive this one and that
 * the next one finds again. Resolves when the lab's folder is gone, and its pods with it.
 */
export async function runKubelet(lab: LabFolder, node: string, programs: string): Promise<void> {
  const log = (line: string) => console.log(`${new Date().toISOString()} ${line}`);
  let isChanged = true;
  let mirror: Mirror | undefined;
  const changed = () => {
    isChanged = true;
    mirror?.changed();
  };
  const host: Host = {lab, node, programs, log, changed};
  const folder = new ManifestFolder(join(lab.node(node), MANIFESTS), Date.now);
  const source = new ManifestSource(node, MANIFESTS, log);
  const pods = new StaticPods(host);

  source.listed(folder.readAll());
  let readAt = Date.now();
  const running = findProcesses(lab.path).filter((process) => process.node === node && STATIC.has(process.program));
  const wanted = [...source.pods.values()];
  const left = running.filter((process) => !wanted.some((pod) => isOf(process, pod)));
  for (const {program, pid} of left) log(`${program}, pid ${pid}, is of no pod that is wanted: stopping it`);
  await stopProcesses(lab.path, left, GRACE);
  pods.want(source.pods, running);
  const kubeconfig = kubeletConfig(host);
  mirror = kubeconfig === undefined ? undefined : new Mirror(host, kubeconfig, () => pods.running);
  void mirror?.run();

  while (existsSync(lab.record) || pods.running.length > 0) {
    if (Date.now() - readAt >= READ_ALL) readAll();
    else readChanges();
    if (isChanged) publish();
    await sleep(LOOK);
  }

  function readAll(): void {
    source.listed(folder.readAll());
    readAt = Date.now();
    pods.want(source.pods);
  }

  function readChanges(): void {
    const {removed, written} = folder.changes();
    for (const file of removed) source.removed(file);
    for (const file of written) {
      const text = folder.read(file);
      if (text !== undefined) source.written(file, text);
    }
    if (removed.length > 0 || written.length > 0) pods.want(source.pods);
  }

  function publish(): void {
    isChanged = false;
    const status: PodsStatus = {pid: process.pid, pods: pods.running.map((pod) => pod.status)};
    try {
      if (existsSync(lab.record)) writePrivate(lab.pods(node), JSON.stringify(status));
    } catch (error) {
      log(`its status cannot be written: ${error}`); // a full disk is no reason to leave the pods alone
    }
  }
}
