import type {TestProject} from 'vitest/node';
import {provideLab} from './test-lab.ts';

/** KOPS_TEST_LAB: the kubeconfig of an embedded lab that is up already, to save its start. */
export default (project: TestProject) => provideLab(project, 'embedded', process.env.KOPS_TEST_LAB);
