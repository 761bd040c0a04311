/** `100m`, `1.5Gi`, `2e3`: resource.Quantity's grammar. */
const QUANTITY = /^([+-]?)(\d+\.?\d*|\.\d+)(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?\d+))?$/;
const DECIMAL: Readonly<Record<string, number>> = {n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18};
const BINARY: readonly string[] = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const LARGEST_EXPONENT = 40;
const NANO = 9;

/** A resource quantity in billionths, the finest that Kubernetes keeps (it rounds away from zero); undefined where the text is none. */
export function parseQuantity(text: string | number): bigint | undefined {
  const match = QUANTITY.exec(String(text));
  if (match === null) return undefined;
  const [, sign, number = '', suffix = '', exponent = '0'] = match;
  const [whole = '', fraction = ''] = number.split('.');
  const power = (DECIMAL[suffix] ?? Number(exponent)) - fraction.length + NANO;
  if (Math.abs(power) > LARGEST_EXPONENT) return undefined;
  const digits = BigInt(`${whole}${fraction}`) * 1024n ** BigInt(BINARY.indexOf(suffix) + 1);
  const magnitude = power >= 0 ? digits * 10n ** BigInt(power) : roundedUp(digits, 10n ** BigInt(-power));
  return sign === '-' ? -magnitude : magnitude;
}

const roundedUp = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor;
