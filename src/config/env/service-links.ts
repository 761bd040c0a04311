import type {V1Service} from '@kubernetes/client-node';
import type {Json} from '../../kube/json.ts';

type Service = Json<V1Service>;

/**
 * The variables that tell a container of its services, by name, each with the service it is of: those of the pod's namespace that have a
 * cluster IP, and `kubernetes` of the namespace default even where `enableServiceLinks` is false. Source: kubernetes,
 * pkg/kubelet/kubelet_pods.go (getServiceEnvVarMap), pkg/kubelet/envvars/envvars.go.
 */
export function serviceLinks(
  services: readonly Service[],
  namespace: string,
  enabled: boolean,
): ReadonlyMap<string, {readonly value: string; readonly service: string}> {
  const isMaster = ({metadata}: Service) => metadata?.namespace === 'default' && metadata.name === 'kubernetes';
  const addressed = services.filter(hasAddress);
  const byName = new Map(
    addressed
      .filter((service) => !isMaster(service) && enabled && service.metadata?.namespace === namespace)
      .map((service) => [service.metadata?.name ?? '', service]),
  );
  for (const service of addressed.filter(isMaster)) if (!byName.has('kubernetes')) byName.set('kubernetes', service);
  const links = [...byName.values()].flatMap((service) => {
    const name = service.metadata?.name ?? '';
    return linksOf(service).map(([key, value]): [string, {value: string; service: string}] => [key, {value, service: name}]);
  });
  return new Map(links.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const hasAddress = ({spec}: Service): boolean => ![undefined, '', 'None'].includes(spec?.clusterIP);

const variableName = (name: string): string => name.replaceAll('-', '_').toUpperCase();

function linksOf({metadata, spec}: Service): [string, string][] {
  const {clusterIP: ip = '', ports = []} = spec ?? {};
  const [first] = ports;
  if (first === undefined) return [];
  const prefix = variableName(metadata?.name ?? '');
  const host = ip.includes(':') ? `[${ip}]` : ip;
  const url = ({port, protocol = 'TCP'}: (typeof ports)[number]) => `${protocol.toLowerCase()}://${host}:${port}`;
  return [
    [`${prefix}_SERVICE_HOST`, ip],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
    ...ports.flatMap(({name, port}): [string, string][] =>
      name ? [[`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port)]] : [],
    ),
    [`${prefix}_PORT`, url(first)],
    ...ports.flatMap((port): [string, string][] => {
      const protocol = port.protocol ?? 'TCP';
      const own = `${prefix}_PORT_${port.port}_${protocol.toUpperCase()}`;
      return [
        [own, url(port)],
        [`${own}_PROTO`, protocol.toLowerCase()],
        [`${own}_PORT`, String(port.port)],
        [`${own}_ADDR`, ip],
      ];
    }),
  ];
}
