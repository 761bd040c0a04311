import type {ObjectRef, Query} from './cluster.ts';
import type {Resource} from './resources.ts';

type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

/** `/apis/apps/v1/namespaces/shop/deployments?limit=500`: a kind's objects, of one namespace or of all. */
export function collectionPath(resource: Resource<unknown>, query: Query, parameters: Parameters = {}): string {
  const {namespace, labelSelector, fieldSelector} = query;
  return withQuery(`${base(resource, namespace)}/${resource.plural}`, {labelSelector, fieldSelector, ...parameters});
}

/** `/api/v1/namespaces/shop/pods/web-0/log`: one object, or a subresource of it. */
export function objectPath(
  resource: Resource<unknown>,
  {namespace, name}: ObjectRef,
  subresource = '',
  parameters: Parameters = {},
): string {
  const path = `${base(resource, namespace)}/${resource.plural}/${encodeURIComponent(name)}`;
  return withQuery(subresource ? `${path}/${subresource}` : path, parameters);
}

function base({apiVersion, namespaced}: Resource<unknown>, namespace: string | undefined): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespaced && namespace !== undefined ? `${root}/namespaces/${encodeURIComponent(namespace)}` : root;
}

function withQuery(path: string, parameters: Parameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value));
  return query.size > 0 ? `${path}?${query}` : path;
}
