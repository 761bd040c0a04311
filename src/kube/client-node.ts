/** All of client-node that runs; the rest of kops only has its types. The build makes a file of its own of it, for it is larger than a whole command. */
export {Exec, KubeConfig, PortForward} from '@kubernetes/client-node';
