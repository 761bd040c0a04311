import {describe} from 'vitest';
import {testKills} from '../../support/killed-changes.ts';

describe('setup, killed with SIGKILL', () => testKills('setup'));
