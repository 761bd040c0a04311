import {printable} from '../../text/printable.ts';
import type {Source} from './report.ts';

/** `configmap/web-config (envFrom)`, `secret/db password`, `field status.podIP`, `value`: safe to print, whatever a manifest names. */
export function sourceWords({type, via, object, detail}: Source): string {
  if (type === 'value') return via === 'env' ? 'value' : via;
  if (type === 'service' && object === undefined) return 'what Services would define';
  const what = printable([object ?? type, detail].filter((word) => word !== undefined).join(' '));
  return via === 'envFrom' ? `${what} (envFrom)` : what;
}
