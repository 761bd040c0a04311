import type {V1ResourceFieldSelector} from '@kubernetes/client-node';
import type {Json} from '../../kube/json.ts';
import {parseQuantity} from '../../kube/quantity.ts';
import {plain, type Value} from '../container/expand.ts';
import type {Container, PodSource} from '../container/source.ts';

type Quantities = Readonly<Record<string, string>>;

const DOWNWARD = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/;
const UNIT = 1_000_000_000n;
const MILLI = 1_000_000n;

/**
 * What a `resourceFieldRef` gives: the amount over the divisor, rounded up. A limit that is not set is the pod's, else what the node can
 * give; a request that is not set is the limit, as the API server fills it in. A string is why there is none. Source: kubernetes,
 * pkg/api/v1/resource/helpers.go, pkg/kubelet/kubelet_resources.go.
 */
export function resourceValue(
  {resource, containerName, divisor}: Json<V1ResourceFieldSelector>,
  own: Container,
  {spec}: PodSource,
  allocatable: Quantities | undefined,
): Value | string {
  const isApp = (spec.containers ?? []).some(({name}) => name === containerName);
  const container = containerName
    ? [...(spec.containers ?? []), ...(spec.initContainers ?? [])].find(({name}) => name === containerName)
    : own;
  if (container === undefined) return `there is no container ${containerName}`;
  const match = DOWNWARD.exec(resource ?? '');
  if (match === null) return `${resource} is not a resource that a variable can have`;
  const [, side, name = ''] = match;
  const {limits = {}, requests = {}} = container.resources ?? {};
  const limit = nonZero(limits[name]);
  const amount = side === 'limits' ? limit : (requests[name] ?? limits[name]);
  if (amount !== undefined) return divided(name, amount, divisor);
  // Of a container that is named, the kubelet sets defaults for those of the app alone.
  if (side === 'requests' || name.startsWith('hugepages-') || (containerName && !isApp)) return divided(name, '0', divisor);
  const ofPod = name === 'ephemeral-storage' ? undefined : nonZero(spec.resources?.limits?.[name]);
  const byNode = ofPod ?? allocatable?.[name];
  return byNode === undefined ? [{unknown: `${resource}: the node's`}] : divided(name, byNode, divisor);
}

const nonZero = (amount: string | undefined): string | undefined =>
  amount === undefined || parseQuantity(amount) === 0n ? undefined : amount;

function divided(name: string, amount: string, divisor: string | undefined): Value | string {
  const [dividend, by] = [parseQuantity(amount), parseQuantity(divisor || '1')];
  if (dividend === undefined || by === undefined) return `${dividend === undefined ? amount : divisor} is not a quantity`;
  const unit = name === 'cpu' ? MILLI : UNIT;
  const whole = (quantity: bigint) => ceil(quantity, unit);
  return plain(String(ceil(whole(dividend), whole(by === 0n ? UNIT : by))));
}

const ceil = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor;
