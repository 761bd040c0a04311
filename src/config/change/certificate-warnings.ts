import {judgeCertificates, soonExpired} from '../lint/certificates.ts';
import {splitValues, type Values} from './values.ts';

/**
 * What is wrong with certificates and keys of a Secret, or soon will be, and was not before: a line each. `now`: milliseconds since the epoch.
 */
export function certificateWarnings(before: Values, after: Values, now: number): string[] {
  const known = messagesOf(before, now);
  return messagesOf(after, now).filter((message) => !known.includes(message));
}

function messagesOf(values: Values, now: number): string[] {
  const texts = Object.fromEntries(splitValues(values).text);
  return [...judgeCertificates(texts, now), ...soonExpired(texts, now)].map(({message}) => message);
}
