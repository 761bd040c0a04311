import {parse, stringify} from 'yaml';

interface KindNode {
  role: string;
}

interface KindConfig {
  nodes?: KindNode[];
}

export interface NodeCounts {
  readonly controlPlanes: number;
  readonly workers: number;
}

/** What is left out stays as the configuration has it. */
export type WantedNodes = {readonly [Role in keyof NodeCounts]?: number | undefined};

/** A kind configuration (YAML) with as many nodes of each role as asked for; more than it lists are like its first. */
export function kindConfig(base: string, {controlPlanes, workers}: WantedNodes): string {
  const config = parse(base) as KindConfig;
  return stringify({
    ...config,
    nodes: [...withRole(config, 'control-plane', controlPlanes), ...withRole(config, 'worker', workers)],
  });
}

/** How many nodes of each role a kind configuration asks for. */
export function countNodes(yaml: string): NodeCounts {
  const config = parse(yaml) as KindConfig;
  return {controlPlanes: withRole(config, 'control-plane').length, workers: withRole(config, 'worker').length};
}

function withRole({nodes = [{role: 'control-plane'}]}: KindConfig, role: string, count?: number): KindNode[] {
  const present = nodes.filter((node) => node.role === role);
  if (count === undefined) return present;
  // Copies, so that the YAML has no anchors.
  return Array.from({length: count}, (_, i) => structuredClone(present[i] ?? present[0] ?? {role}));
}
