import {inject} from 'vitest';
import {labIsUp} from './test-lab.ts';

await labIsUp(inject('lab'));
