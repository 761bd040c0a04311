import {type KubectlScope, kubectl, quoted} from '../text/kubectl.ts';

/** The kubectl line that decodes a Secret, or one key of it, for where there is no kops. A dot in a key is escaped for JSONPath. */
export function decodeCommand(name: string, key: string | undefined, scope: KubectlScope): string {
  const get = kubectl(['get', 'secret', name], scope);
  if (key === undefined)
    return `${get} -o go-template='{{range $key, $value := .data}}{{$key}}: {{$value | base64decode}}{{"\\n"}}{{end}}'`;
  return `${get} -o jsonpath=${quoted(`{.data.${key.replaceAll('.', String.raw`\.`)}}`)} | base64 --decode`;
}
