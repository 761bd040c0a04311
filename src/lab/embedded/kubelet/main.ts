// The kubelet of one control-plane node of an embedded lab, as a process of its own: its arguments are the lab's folder, the node, and the
// folder of the lab's programs. It imports little, because it stays in memory as long as the lab is up.
import {LabFolder} from '../record.ts';
import {runKubelet} from './kubelet.ts';

const [lab = '', node = '', programs = ''] = process.argv.slice(2);
process.umask(0o077);
process.on('uncaughtException', (error) => console.error(error)); // whatever it is, the pods are better off with a kubelet
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit());
await runKubelet(new LabFolder(lab), node, programs);
process.exit();
