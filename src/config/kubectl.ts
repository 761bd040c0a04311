export interface DecodeTarget {
  readonly name: string;
  readonly key: string | undefined;
  readonly namespace: string | undefined;
  readonly context: string | undefined;
}

/** The kubectl line that decodes a Secret, for where there is no kops. A dot in a key is escaped for JSONPath. */
export function decodeCommands({name, key, namespace, context}: DecodeTarget): string {
  const where = [...(namespace ? ['-n', namespace] : []), ...(context ? ['--context', context] : [])];
  const get = ['kubectl get secret', name, ...where].join(' ');
  if (key !== undefined) return `${get} -o jsonpath='{.data.${key.replaceAll('.', String.raw`\.`)}}' | base64 --decode`;
  return `${get} -o go-template='{{range $key, $value := .data}}{{$key}}: {{$value | base64decode}}{{"\\n"}}{{end}}'`;
}
