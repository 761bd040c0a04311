import type {V1EnvFromSource, V1EnvVar, V1EnvVarSource, V1Service} from '@kubernetes/client-node';
import type {Json} from '../../kube/json.ts';
import {typeWord} from '../../text/type-word.ts';
import {expand, plain, type Value} from '../container/expand.ts';
import type {Container, PodSource} from '../container/source.ts';
import type {Datum, Found} from './data.ts';
import {fieldValue} from './fields.ts';
import {takesName} from './names.ts';
import {resourceValue} from './quantities.ts';
import type {EnvError, Skipped, Source} from './report.ts';
import {serviceLinks} from './service-links.ts';
import {literalWarnings, type Situation} from './warnings.ts';

/** All that a container's environment depends on besides its spec. */
export interface Surroundings {
  readonly configMaps: ReadonlyMap<string, Found>;
  readonly secrets: ReadonlyMap<string, Found>;
  /** Of the pod's namespace, and `kubernetes` of the namespace default. */
  readonly services: readonly Json<V1Service>[];
  /** Why some of these are not known: `object` is one, without it all of them. */
  readonly unknownServices?: readonly {readonly object?: string; readonly why: string}[];
  /** What the pod's node can give. */
  readonly allocatable?: Readonly<Record<string, string>> | undefined;
  /** The kubelet's version, `v1.37.2`. */
  readonly kubelet?: string | undefined;
}

export interface Definition {
  readonly name: string;
  readonly value: Value;
  readonly source: Source;
  readonly shadows: readonly Definition[];
  readonly warnings: readonly string[];
}

/** A container's environment, Secrets and all: never printed as it is. */
export interface ResolvedEnv {
  readonly variables: readonly Definition[];
  readonly skipped: readonly Skipped[];
  readonly errors: readonly EnvError[];
  readonly unknown: readonly {readonly source: Source; readonly why: string}[];
}

/**
 * The environment that a kubelet makes for a container: envFrom in its order, then env in its order over it, then service links where no
 * name is taken. `$(VAR)` is expanded in literal values only, and sees what is defined before it and the service links. Where the kubelet
 * stops at the first thing that is missing, this goes on and tells all. Source: kubernetes, pkg/kubelet/kubelet_pods.go
 * (makeEnvironmentVariables).
 */
export function resolveEnv(source: PodSource, container: Container, around: Surroundings): ResolvedEnv {
  const resolver = new Resolver(source, container, around);
  for (const from of container.envFrom ?? []) resolver.addAll(from);
  for (const variable of container.env ?? []) resolver.add(variable);
  return resolver.finish();
}

type Mutable<T> = {-readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K]};
type Outcome = {readonly value: Value; readonly warnings?: readonly string[]} | 'skip' | 'fail';

class Resolver {
  private readonly source: PodSource;
  private readonly container: Container;
  private readonly around: Surroundings;
  private readonly defined = new Map<string, Definition>();
  private readonly links: ReadonlyMap<string, {readonly value: string; readonly service: string}>;
  private readonly result: Mutable<Omit<ResolvedEnv, 'variables'>> = {skipped: [], errors: [], unknown: []};

  constructor(source: PodSource, container: Container, around: Surroundings) {
    this.source = source;
    this.container = container;
    this.around = around;
    this.links = serviceLinks(around.services, source.target.namespace, source.spec.enableServiceLinks ?? true);
    for (const {why, ...object} of around.unknownServices ?? [])
      this.result.unknown.push({source: {type: 'service', via: 'serviceLink', ...object}, why});
  }

  addAll({configMapRef, secretRef, prefix = ''}: Json<V1EnvFromSource>): void {
    const type = configMapRef ? 'configMap' : 'secret';
    const reference = configMapRef ?? secretRef;
    if (!reference?.name) {
      const fix = 'name one: envFrom takes configMapRef or secretRef, each with a name';
      const message = 'an entry of envFrom names no ConfigMap and no Secret';
      this.result.errors.push({source: {type: 'value', via: 'envFrom'}, message, fix});
      return;
    }
    const source: Source = {type, via: 'envFrom', object: objectName(type, reference.name)};
    const found = this.look(type, reference.name);
    if (found.state === 'unknown') this.result.unknown.push({source, why: found.why});
    else if (found.state === 'missing' && reference.optional) this.skip(source, 'it does not exist, and is optional');
    else if (found.state === 'missing') this.fail(source, 'it does not exist', createFix(type, reference.name, this.namespace));
    else this.addData(found, prefix, type, source);
  }

  private addData(
    {data, binaryKeys}: Found & {state: 'there'},
    prefix: string,
    type: 'configMap' | 'secret',
    from: Source,
  ): void {
    for (const key of binaryKeys) this.skip({...from, detail: key}, 'it is in binaryData, which no variable takes', prefix + key);
    for (const [key, datum] of [...data].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const name = prefix + key;
      const source = prefix === '' ? from : {...from, detail: key};
      const taken = takesName(name, this.around.kubelet);
      if (taken === false) this.skip(source, `the kubelet (${this.around.kubelet}) does not take it as a name`, name);
      else if (this.isFine(datum, {...from, detail: key}, name)) {
        const doubt = taken === undefined ? ['a kubelet before 1.32 leaves that name out'] : [];
        this.define(name, pieceOf(datum, type), source, [...doubt, ...flawOf(datum)]);
      }
    }
  }

  add(variable: Json<V1EnvVar>): void {
    const {name, value = '', valueFrom} = variable;
    if (typeof value !== 'string') {
      const message = `its value is ${typeWord(value)}, and a variable's is text: the API server refuses it`;
      this.fail({type: 'value', via: 'env'}, message, 'write it in quotes', name);
      return;
    }
    if (value !== '' || valueFrom == null) {
      const {value: pieces, unresolved} = expand(value, (reference) => this.lookup(reference));
      const warnings = literalWarnings(name, value, unresolved, this.situation());
      this.define(name, pieces, {type: 'value', via: 'env'}, warnings);
      return;
    }
    const source = sourceOf(valueFrom);
    if (source === undefined) {
      const {message, fix} = malformed(valueFrom);
      this.result.errors.push({name, source: {type: 'value', via: 'valueFrom'}, message, fix});
      return;
    }
    const outcome = this.valueOf(name, valueFrom, source);
    if (typeof outcome !== 'string') this.define(name, outcome.value, source, outcome.warnings ?? []);
  }

  private valueOf(name: string, valueFrom: Json<V1EnvVarSource>, source: Source): Outcome {
    const {fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef} = valueFrom;
    if (fieldRef) {
      const value = fieldValue(fieldRef.fieldPath, this.source);
      return value ? {value} : this.fail(source, 'no variable can have that field', undefined, name);
    }
    if (resourceFieldRef) {
      const value = resourceValue(resourceFieldRef, this.container, this.source, this.around.allocatable);
      return typeof value === 'string' ? this.fail(source, value, undefined, name) : {value};
    }
    const reference = configMapKeyRef ?? secretKeyRef;
    if (!reference) return {value: [{unknown: `${source.object} ${source.detail}`}]};
    const type = configMapKeyRef ? 'configMap' : 'secret';
    const {name: object = '', key, optional} = reference;
    const found = this.look(type, object);
    if (found.state === 'unknown') {
      this.result.unknown.push({source, why: found.why});
      return {value: [{unknown: `${source.object} ${key}`}]};
    }
    if (found.state === 'missing') {
      if (optional) return this.skip(source, 'it does not exist, and is optional', name);
      return this.fail(source, `${source.object} does not exist`, createFix(type, object, this.namespace), name);
    }
    const datum = found.data.get(key);
    if (datum === undefined && optional) return this.skip(source, 'there is no such key, and it is optional', name);
    if (datum === undefined) return this.fail(source, `${source.object} has no key ${key}`, keyFix(key, found), name);
    if (!this.isFine(datum, source, name)) return 'fail';
    return {value: pieceOf(datum, type), warnings: flawOf(datum)};
  }

  finish(): ResolvedEnv {
    for (const [name, {value, service}] of this.links) {
      const source: Source = {type: 'service', via: 'serviceLink', object: `service/${service}`};
      const own = this.defined.get(name);
      if (own === undefined) this.define(name, plain(value), source, []);
      else {
        const link = {name, value: plain(value), source, shadows: [], warnings: []};
        this.defined.set(name, {...own, shadows: [...own.shadows, link]});
      }
    }
    return {variables: [...this.defined.values()], ...this.result};
  }

  private define(name: string, value: Value, source: Source, warnings: readonly string[]): void {
    const before = this.defined.get(name);
    this.defined.delete(name); // so that the order is that of what counts
    const shadows = before === undefined ? [] : [{...before, shadows: []}, ...before.shadows];
    this.defined.set(name, {name, value, source, shadows, warnings});
  }

  private lookup(name: string): Value | undefined {
    const link = this.links.get(name);
    return this.defined.get(name)?.value ?? (link && plain(link.value));
  }
  private look(type: 'configMap' | 'secret', name: string): Found {
    const found = (type === 'configMap' ? this.around.configMaps : this.around.secrets).get(name);
    return found ?? {state: 'unknown', why: 'nobody looked'};
  }
  private situation(): Situation {
    const later = (this.container.env ?? []).map(({name}) => name).filter((name) => !this.defined.has(name));
    return {later, isKnown: (name) => this.lookup(name) !== undefined, isUnsure: this.result.unknown.length > 0};
  }
  private isFine({flaw}: Datum, source: Source, name: string): boolean {
    if (!flaw?.fatal) return true;
    this.fail(source, flaw.message, flaw.fix, name);
    return false;
  }
  private skip(source: Source, reason: string, name?: string): 'skip' {
    this.result.skipped.push({...(name !== undefined && {name}), source, reason});
    return 'skip';
  }
  private fail(source: Source, message: string, fix?: string, name?: string): 'fail' {
    this.result.errors.push({...(name !== undefined && {name}), source, message, ...(fix !== undefined && {fix})});
    return 'fail';
  }
  private get namespace(): string {
    return this.source.target.namespace;
  }
}

const pieceOf = ({text, flaw}: Datum, type: 'configMap' | 'secret'): Value => [
  {text, secret: type === 'secret', ...(flaw && {broken: true})},
];
const flawOf = ({flaw}: Datum): readonly string[] => (flaw ? [flaw.message] : []);
const objectName = (type: 'configMap' | 'secret', name: string): string => `${type.toLowerCase()}/${name}`;

function sourceOf({
  fieldRef,
  resourceFieldRef,
  configMapKeyRef,
  secretKeyRef,
  ...rest
}: Json<V1EnvVarSource>): Source | undefined {
  const via = 'valueFrom';
  if (fieldRef) return {type: 'field', via, detail: fieldRef.fieldPath};
  if (resourceFieldRef) return {type: 'resource', via, detail: resourceFieldRef.resource};
  if (configMapKeyRef?.name)
    return {type: 'configMap', via, object: objectName('configMap', configMapKeyRef.name), detail: configMapKeyRef.key};
  if (secretKeyRef?.name) return {type: 'secret', via, object: objectName('secret', secretKeyRef.name), detail: secretKeyRef.key};
  const {fileKeyRef} = rest;
  if (fileKeyRef)
    return {type: 'file', via, object: `volume/${fileKeyRef.volumeName}`, detail: `${fileKeyRef.path} ${fileKeyRef.key}`};
  return undefined;
}

/** The API server drops `name` and `key` there, and then refuses what is left. */
function malformed(valueFrom: object): {message: string; fix: string} {
  const fields = Object.keys(valueFrom).filter((field) => field !== 'configMapKeyRef' && field !== 'secretKeyRef');
  const isBare = fields.includes('key') || fields.includes('name');
  return {
    message: isBare ? 'valueFrom names no kind of source' : 'valueFrom is empty: the API server refuses it',
    fix: isBare
      ? 'put name and key below secretKeyRef or configMapKeyRef'
      : 'give it a secretKeyRef, configMapKeyRef, fieldRef or resourceFieldRef',
  };
}

const createFix = (type: 'configMap' | 'secret', name: string, namespace: string): string =>
  `kubectl create ${type === 'secret' ? 'secret generic' : 'configmap'} ${name} -n ${namespace} --from-literal=KEY=VALUE`;

const keyFix = (key: string, found: Found & {state: 'there'}): string => {
  const keys = [...found.data.keys()];
  if (found.binaryKeys.includes(key)) return 'it is in binaryData, which no variable takes: put it into data';
  return keys.length > 0 ? `it has ${keys.slice(0, 8).join(', ')}` : 'it holds nothing';
};
