/** Kubelets before this minor version leave names out that others take. */
const RELAXED_SINCE = 32;
const STRICT = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

/**
 * Whether a kubelet takes a key as a variable's name: before Kubernetes 1.32 only what is like a C identifier with dots and dashes, since
 * then all. Undefined where it depends on the version and that is not known. Source: apimachinery, IsEnvVarName; the feature gate
 * RelaxedEnvironmentVariableValidation. `version`: of the kubelet, `v1.37.2`.
 */
export function takesName(name: string, version: string | undefined): boolean | undefined {
  if (STRICT.test(name) && name !== '.' && !name.startsWith('..')) return true;
  const minor = /^v?1\.(\d+)/.exec(version ?? '')?.[1];
  return minor === undefined ? undefined : Number(minor) >= RELAXED_SINCE;
}
