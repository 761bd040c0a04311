/** What tells images apart, without the registry: `web:2.0`, `web@3f1a9c2`. */
export function shortImage(image: string): string {
  const [path = '', digest] = image.split('@', 2);
  const name = path.slice(path.lastIndexOf('/') + 1);
  return digest === undefined ? name : `${name}@${digest.replace(/^sha256:/, '').slice(0, 7)}`;
}
