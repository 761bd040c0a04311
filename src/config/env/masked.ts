import {isKnown, isSecret, shownText, textOf, type Value} from '../container/expand.ts';
import type {Shadow, Variable} from './report.ts';
import type {Definition} from './resolve.ts';

/** A variable as it may be told: without `reveal` nothing of a Secret is in it, wherever that came from. */
export function tellVariable({name, value, source, shadows, warnings}: Definition, reveal: boolean): Variable {
  return {
    name,
    ...tell(value, reveal),
    shown: shownText(value, reveal),
    secret: isSecret(value),
    source,
    shadows: shadows.map(
      (shadow): Shadow => ({source: shadow.source, ...tell(shadow.value, reveal), secret: isSecret(shadow.value)}),
    ),
    warnings,
  };
}

function tell(value: Value, reveal: boolean): {value?: string} {
  if (!isKnown(value) || (isSecret(value) && !reveal)) return {};
  return {value: textOf(value) ?? ''};
}
