import type {TestProject} from 'vitest/node';
import {loadImages} from './images.ts';
import {provideLab} from './test-lab.ts';

/** KOPS_TEST_KIND_LAB: the kubeconfig of a kind cluster that is up already, with the test images, to save its start. */
export default (project: TestProject) =>
  provideLab(project, {
    driver: 'kind',
    existing: process.env.KOPS_TEST_KIND_LAB,
    prepare: ({name}) => loadImages(name, process.env),
  });
