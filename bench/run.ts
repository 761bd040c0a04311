// The built kops beside a standalone kubectl, on an embedded lab of its own. Prints a table; never fails on a time.
import {mkdtemp, rm} from 'node:fs/promises';
import {cpus, tmpdir, totalmem} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import type {KubeObject} from '../src/kube/json.ts';
import {foldersOf} from '../src/lab/folders.ts';
import {connectApi} from '../test/support/api.ts';
import {diagnosis} from './diagnosis.ts';
import {downtime} from './downtime.ts';
import {largeRollout} from './large.ts';
import {latency} from './latency.ts';
import {oneShot} from './one-shot.ts';
import {time} from './process.ts';
import {findKubectl, kops} from './programs.ts';
import {rewriteSecrets} from './rewrite.ts';
import {type Row, renderTable} from './table.ts';
import {usage} from './usage.ts';
import {watchDeployments} from './watch.ts';
import {deployment} from './workload.ts';

const parts = ['one-shot', 'latency', 'large', 'diagnosis', 'usage', 'rewrite', 'downtime'];
const {values, positionals} = parseArgs({options: {runs: {type: 'string', default: '20'}}, allowPositionals: true});
const chosen = positionals.length > 0 ? positionals : parts;
const runs = Number(values.runs);

const kubectl = findKubectl(process.env);
const folder = await mkdtemp(join(tmpdir(), 'kops-bench-'));
const kubeconfig = join(folder, 'kubeconfig');
const name = `kops-bench-${process.pid}`;
const labFolder = join(foldersOf(process.env).labs, name);
const lab = ['--name', name, '--kubeconfig', kubeconfig];
// Node's own settings are those of this machine: NODE_EXTRA_CA_CERTS alone makes it read a hundred certificates, which kubectl does not.
const env = {
  ...process.env,
  KUBECONFIG: kubeconfig,
  CI: undefined,
  NO_COLOR: undefined,
  NODE_EXTRA_CA_CERTS: undefined,
  NODE_OPTIONS: undefined,
};
try {
  console.error('bringing up a lab');
  await time(kops('lab', 'up', '--driver', 'embedded', '--workers', '24', ...lab), env);
  const rows = await measure();
  const machine = `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GB`;
  console.log(`Node ${process.version}, kubectl ${kubectl.version}, ${machine}; ${runs} runs each, turn by turn; medians\n`);
  console.log(renderTable(rows));
} finally {
  await time(kops('lab', 'down', ...lab), env);
  await rm(folder, {recursive: true, force: true});
}

async function measure(): Promise<Row[]> {
  const namespace = 'bench';
  const api = connectApi(kubeconfig, 'bench');
  await api.apply(undefined, {apiVersion: 'v1', kind: 'Namespace', metadata: {name: namespace}});
  const secret = {apiVersion: 'v1', kind: 'Secret', metadata: {name: 'db'}, stringData: {username: 'admin'}} as KubeObject;
  await api.apply(namespace, secret, deployment('web', {replicas: 3, image: 'web:1'}));
  const watch = watchDeployments(api, namespace);
  await watch.until('web', (status) => status.availableReplicas === 3);

  const rows: Row[] = [];
  const part = async (name: string, run: () => Promise<Row[]>) => {
    if (!chosen.includes(name)) return;
    console.error(`measuring ${name}`);
    rows.push(...(await run()));
  };
  await part('one-shot', () => oneShot(kubectl, env, namespace, runs));
  await part('latency', () => latency(api, env, namespace, watch));
  await part('large', () => largeRollout(api, env, namespace, watch));
  await part('diagnosis', () => diagnosis(api, kubectl, env, namespace, runs));
  watch.stop();
  await part('usage', () => usage(api, kubectl, env, Math.min(runs, 5)));
  await part('rewrite', () => rewriteSecrets(kubectl, env, {kubeconfig, folder: labFolder, name}, Math.min(runs, 3)));
  await part('downtime', () => downtime(env));
  return rows;
}
