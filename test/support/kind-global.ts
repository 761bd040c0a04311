import type {TestProject} from 'vitest/node';
import {provideLab} from './test-lab.ts';

/** KOPS_TEST_KIND_LAB: the kubeconfig of a kind cluster that is up already, with the test images, to save its start. */
export default (project: TestProject) => provideLab(project, 'kind', process.env.KOPS_TEST_KIND_LAB);
