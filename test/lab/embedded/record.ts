import type {LabRecord} from '../../../src/lab/embedded/record.ts';

/** A lab of two control planes and one worker. */
export const record: LabRecord = {
  name: 'x',
  driver: 'embedded',
  kubernetes: 'v1.37.2',
  createdAt: '2026-11-23T10:00:00Z',
  controlPlanes: ['x-control-plane', 'x-control-plane2'],
  workers: ['x-worker'],
  ports: {
    etcd: 20001,
    etcdPeer: 20002,
    etcdMetrics: 20003,
    controllerManager: 20004,
    scheduler: 20005,
    kubelet: 20006,
    apiServers: [20007, 20008],
  },
};
