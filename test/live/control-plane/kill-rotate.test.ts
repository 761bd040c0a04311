import {describe} from 'vitest';
import {testKills} from '../../support/killed-changes.ts';

describe('rotate, killed with SIGKILL', () => testKills('rotate'));
