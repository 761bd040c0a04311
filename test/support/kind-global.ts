import type {TestProject} from 'vitest/node';
import {provideLab} from './test-lab.ts';

/** KOPS_TEST_KIND_LAB: the kubeconfig of a kind cluster that is up already, to save its start. */
export default (project: TestProject) =>
  provideLab(project, {driver: 'kind', existing: process.env.KOPS_TEST_KIND_LAB, args: []});
