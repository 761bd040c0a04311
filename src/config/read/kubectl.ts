import {type KubectlScope, kubectl, quoted} from '../../text/kubectl.ts';

/** Which objects: one by its name (and of it one key), all that labels select, or those of a manifest. */
export interface Wanted {
  readonly name?: string | undefined;
  readonly key?: string | undefined;
  readonly selector?: string | undefined;
  readonly filename?: string | undefined;
}

const DECODED = '{{range $key, $value := .data}}{{$key}}: {{$value | base64decode}}{{"\\n"}}{{end}}';

/** The kubectl line that decodes Secrets, or one key of one, for where there is no kops. A dot in a key is escaped for JSONPath. */
export function decodeCommand({name, key, selector, filename}: Wanted, scope: KubectlScope): string {
  const get =
    filename === undefined
      ? kubectl(['get', 'secret', ...(name === undefined ? [] : [name]), ...(selector ? ['-l', selector] : [])], scope)
      : kubectl(['create', '--dry-run=client', '-f', filename], scope);
  if (key !== undefined)
    return `${get} -o jsonpath=${quoted(`{.data.${key.replaceAll('.', String.raw`\.`)}}`)} | base64 --decode`;
  const isOne = name !== undefined || filename !== undefined;
  return `${get} -o go-template='${isOne ? DECODED : `{{range .items}}{{.metadata.name}}{{"\\n"}}${DECODED}{{end}}`}'`;
}

/** The same for ConfigMaps, which kubectl prints as they are but for what is binary. Of one key it is not known here which of the two it is. */
export function showCommand({name, key, selector, filename}: Wanted, scope: KubectlScope): string {
  const get =
    filename === undefined
      ? kubectl(['get', 'configmap', ...(name === undefined ? [] : [name]), ...(selector ? ['-l', selector] : [])], scope)
      : kubectl(['create', '--dry-run=client', '-f', filename], scope);
  if (key === undefined) return `${get} -o yaml`;
  const of = (field: string, value: string) => `{{with .${field}}}{{with index . ${JSON.stringify(key)}}}${value}{{end}}{{end}}`;
  return `${get} -o go-template=${quoted(`${of('data', '{{.}}')}${of('binaryData', '{{base64decode .}}')}`)}`;
}
