import {liveCluster} from './live.ts';

liveCluster();
