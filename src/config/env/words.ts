import type {Source} from './report.ts';

/** `configmap/web-config (envFrom)`, `secret/db password`, `field status.podIP`, `value`. */
export function sourceWords({type, via, object, detail}: Source): string {
  if (type === 'value') return via === 'env' ? 'value' : via;
  if (type === 'service' && object === undefined) return 'what Services would define';
  const what = [object ?? type, detail].filter((word) => word !== undefined).join(' ');
  return via === 'envFrom' ? `${what} (envFrom)` : what;
}
