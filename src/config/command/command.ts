import type {Cluster} from '../../kube/cluster.ts';
import {isBroken, isKnown, isSecret, shownText, textOf} from '../container/expand.ts';
import {type Manifest, sourceIn} from '../container/manifest.ts';
import {podsOf, readSource, unlessForbidden} from '../container/read.ts';
import {type ChosenContainer, type Container, chooseContainer, type Pod, type PodSource} from '../container/source.ts';
import type {Target} from '../container/target.ts';
import {surroundingsIn} from '../env/file-surroundings.ts';
import type {Source} from '../env/report.ts';
import {type ResolvedEnv, resolveEnv} from '../env/resolve.ts';
import {readSurroundings} from '../env/surroundings.ts';
import {compose, rowOf} from './compose.ts';
import {commandHints, type Situation} from './hints.ts';
import type {ImageConfig, ImageLookup} from './image-config.ts';
import {impossibleProgram, oddProgram} from './program.ts';
import type {EffectiveCommand} from './report.ts';

export interface CommandOptions {
  /** Default: the one that kubectl takes. */
  readonly container?: string | undefined;
  /** Whether Secrets are told. */
  readonly reveal: boolean;
  /** What the user says the image says. */
  readonly imageConfig?: ImageConfig | undefined;
}

/** Asks the runtime of a node for an image, by each of these names until it knows one. Never rejects for a node that cannot be reached. */
export type AskNode = (node: string, images: readonly string[], signal: AbortSignal) => Promise<ImageLookup>;

/** What a container of a workload's next pod, or of a pod's next start, will run. No node is asked where the image has no say. */
export async function effectiveCommand(
  cluster: Cluster,
  target: Target,
  options: CommandOptions,
  askNode: AskNode,
  signal: AbortSignal,
): Promise<EffectiveCommand> {
  const source = await readSource(cluster, target, 'command', signal);
  const chosen = chooseContainer(source, options.container);
  const [env, image] = await Promise.all([
    dependsOnVariables(chosen.container)
      ? readSurroundings(cluster, source, chosen.container, signal).then((around) => resolveEnv(source, chosen.container, around))
      : undefined,
    options.imageConfig ?? lookUpImage(cluster, source, chosen.container, askNode, signal),
  ]);
  return tellCommand(source, chosen, env, image, options.reveal);
}

/** The same by a manifest alone; the image says nothing unless the user does for it. */
export function effectiveCommandOfFile(
  manifest: Manifest,
  target: Omit<Target, 'namespace'> | undefined,
  namespace: string,
  options: CommandOptions,
): EffectiveCommand {
  const source = sourceIn(manifest, target, namespace);
  const chosen = chooseContainer(source, options.container);
  const {container} = chosen;
  const env = dependsOnVariables(container)
    ? resolveEnv(source, container, surroundingsIn(manifest, source, container, namespace))
    : undefined;
  const image = options.imageConfig ?? {why: 'a manifest does not say; --image-config FILE does'};
  return tellCommand(source, chosen, env, image, options.reveal);
}

/** By its command line, or because it does not start where what they are taken from is missing. */
const dependsOnVariables = ({command = [], args = [], env = [], envFrom = []}: Container): boolean =>
  envFrom.length > 0 || env.some(({valueFrom}) => valueFrom) || [...command, ...args].some((word) => word.includes('$('));

async function lookUpImage(
  cluster: Cluster,
  source: PodSource,
  container: Container,
  askNode: AskNode,
  signal: AbortSignal,
): Promise<ImageLookup> {
  if (rowOf(container) === 'both') return {why: 'it does not matter, because command and args are set'};
  const pods = await unlessForbidden(() => podsOf(cluster, source, signal));
  if (typeof pods === 'string') return {why: pods};
  const having = pods.flatMap((pod) => {
    const status = statusesOf(pod).find(({name}) => name === container.name);
    const {containers = [], initContainers = [], ephemeralContainers = []} = pod.spec ?? {};
    const same = [...containers, ...initContainers, ...ephemeralContainers].some(
      ({name, image}) => name === container.name && image === container.image,
    );
    return status?.imageID && pod.spec?.nodeName && same ? [{node: pod.spec.nodeName, imageId: status.imageID}] : [];
  });
  const [first] = having;
  if (first === undefined) return {why: 'no pod has it on a node'};
  return askNode(first.node, [first.imageId, container.image ?? ''].filter(Boolean), signal);
}

/** What is missing or could not be looked at, and may have a variable of that name: an object of envFrom, a Service. */
const mayDefine = ({source}: {readonly source: Source}, name: string): boolean =>
  source.via === 'envFrom' || (source.via === 'serviceLink' && /_(?:SERVICE|PORT)(?:_|$)/.test(name));

const statusesOf = ({status}: Pod) => [
  ...(status?.containerStatuses ?? []),
  ...(status?.initContainerStatuses ?? []),
  ...(status?.ephemeralContainerStatuses ?? []),
];

function tellCommand(
  {target}: PodSource,
  {container, type, others}: ChosenContainer,
  env: ResolvedEnv | undefined,
  lookup: ImageLookup,
  reveal: boolean,
): EffectiveCommand {
  const {command = [], args = [], image = ''} = container;
  const imageConfig = 'why' in lookup ? undefined : lookup;
  const variables = new Map(env?.variables.map(({name, value}) => [name, value]));
  const row = rowOf(container);
  const words = compose(row, container, imageConfig, (name) => variables.get(name));
  const values = words.map(({value}) => value);
  const secret = values.some(isSecret);
  const isEmpty = words.length === 0;
  const names = new Set([...variables.keys(), ...(container.env ?? []).map(({name}) => name)]);
  const situation: Situation = {
    row,
    words,
    image: imageConfig,
    defines: (name) => names.has(name),
    lacks: (name) => !names.has(name) && ![...(env?.errors ?? []), ...(env?.unknown ?? [])].some((one) => mayDefine(one, name)),
  };
  return {
    kind: 'EffectiveCommand',
    workload: target,
    container: container.name,
    containerType: type,
    others,
    image,
    ...(imageConfig ? {imageConfig} : {imageUnknown: 'why' in lookup ? lookup.why : ''}),
    command,
    args,
    row,
    ...(values.every(isKnown) && (reveal || !secret) && {argv: values.map((value) => textOf(value) ?? '')}),
    shown: values.map((value) => shownText(value, reveal)),
    secret,
    hints: [...oddProgram(situation), ...commandHints(situation)],
    errors: [
      ...(isEmpty ? [{message: 'nothing says what to run: neither the template nor the image', fix: 'set command'}] : []),
      ...impossibleProgram(situation),
      ...(values.some(isBroken)
        ? [
            {
              message: 'a word is not UTF-8, by the Secret that it refers to: no runtime takes that',
              fix: 'let the program read the variable',
            },
          ]
        : []),
      ...(env?.errors.map(({name, message, fix, source}) => ({
        ...(name !== undefined && {name}),
        message: source.object && !message.startsWith(source.object) ? `${source.object}: ${message}` : message,
        ...(fix !== undefined && {fix}),
      })) ?? []),
    ],
    unknown: (env?.unknown ?? []).filter(({source}) => source.type === 'configMap' || source.type === 'secret'),
  };
}
