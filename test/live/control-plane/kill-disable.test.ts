import {describe} from 'vitest';
import {testKills} from '../../support/killed-changes.ts';

describe('disable, killed with SIGKILL', () => testKills('disable'));
