import {expect, test} from 'vitest';
import {refusalOf} from '../../src/pods/refusals.ts';

const forbidden = (why: string) => `pods "web-7bfb4bc78d-x" is forbidden: ${why}`;

test.each([
  [
    'a quota without room',
    forbidden('exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3'),
    'QuotaExceeded',
    'quota q is used up: pods 3 of 3 used, asks 1',
    'room',
  ],
  [
    'a quota of several resources',
    forbidden(
      'exceeded quota: compute, requested: limits.memory=1Gi,requests.cpu=500m, used: limits.memory=3Gi,requests.cpu=1, limited: limits.memory=3Gi,requests.cpu=1',
    ),
    'QuotaExceeded',
    'quota compute is used up: limits.memory 3Gi of 3Gi used, asks 1Gi; requests.cpu 1 of 1 used, asks 500m',
    'room',
  ],
  [
    'a quota that one such pod is too much for',
    forbidden('exceeded quota: compute, requested: requests.cpu=5, used: requests.cpu=0, limited: requests.cpu=1500m'),
    'QuotaExceeded',
    'quota compute is used up: requests.cpu 0 of 1500m used, asks 5',
    'never',
  ],
  [
    'a quota that wants requests',
    forbidden('failed quota: compute: must specify requests.cpu for: web; requests.memory for: web'),
    'QuotaNeedsRequests',
    'quota compute lets in only pods that say their requests.cpu for: web; requests.memory for: web',
    'never',
  ],
  [
    'a quota that was just made',
    forbidden('status unknown for quota: q, resources: pods'),
    'PodRefused',
    'the API server refuses the pod: status unknown for quota: q, resources: pods',
    'later',
  ],
  [
    'a LimitRange',
    forbidden(
      '[maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Container is 1Gi, but limit is 2Gi]',
    ),
    'LimitRangeViolation',
    'a LimitRange forbids it: maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Container is 1Gi, but limit is 2Gi',
    'never',
  ],
  [
    'Pod Security',
    forbidden(
      'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "web" must set securityContext.allowPrivilegeEscalation=false)',
    ),
    'PodSecurityViolation',
    'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "web" must set securityContext.allowPrivilegeEscalation=false)',
    'never',
  ],
  [
    'a webhook that says no',
    'admission webhook "policy.shop.example" denied the request: images must be signed',
    'AdmissionDenied',
    'admission webhook policy.shop.example denies the pod: images must be signed',
    'never',
  ],
  [
    'a webhook that says no more',
    'admission webhook "policy.shop.example" denied the request without explanation',
    'AdmissionDenied',
    'admission webhook policy.shop.example denies the pod',
    'never',
  ],
  [
    'a webhook that does not answer',
    'Internal error occurred: failed calling webhook "policy.shop.example": failed to call webhook: Post "https://policy.shop.svc:443/validate?timeout=10s": dial tcp 10.96.12.7:443: connect: connection refused',
    'AdmissionWebhookUnreachable',
    'admission webhook policy.shop.example does not answer: dial tcp 10.96.12.7:443: connect: connection refused',
    'later',
  ],
  [
    'a policy',
    forbidden("ValidatingAdmissionPolicy 'no-latest' with binding 'all' denied request: tag latest is not allowed"),
    'AdmissionDenied',
    'admission policy no-latest denies the pod: tag latest is not allowed',
    'never',
  ],
  [
    'no ServiceAccount',
    forbidden('error looking up service account shop/web: serviceaccount "web" not found'),
    'MissingServiceAccount',
    'ServiceAccount web does not exist',
    'never',
  ],
  [
    'the default ServiceAccount of a new namespace',
    forbidden('error looking up service account shop/default: serviceaccount "default" not found'),
    'MissingServiceAccount',
    'ServiceAccount default does not exist',
    'later',
  ],
  [
    'no PriorityClass',
    forbidden('no PriorityClass with name high was found'),
    'MissingPriorityClass',
    'PriorityClass high does not exist',
    'never',
  ],
  [
    'no RuntimeClass',
    forbidden('pod rejected: RuntimeClass "gvisor" not found'),
    'MissingRuntimeClass',
    'RuntimeClass gvisor does not exist',
    'never',
  ],
  [
    'a namespace on its way out',
    forbidden('unable to create new content in namespace shop because it is being terminated'),
    'NamespaceTerminating',
    'namespace shop is being deleted',
    'never',
  ],
  [
    'a spec that is not valid',
    'Pod "web-1" is invalid: spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    'InvalidPod',
    'the pod is not valid: spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    'never',
  ],
  [
    'OpenShift',
    forbidden('unable to validate against any security context constraint: [provider restricted: not usable]'),
    'SecurityConstraint',
    'unable to validate against any security context constraint: [provider restricted: not usable]',
    'never',
  ],
])('%s', (_case, said, reason, message, until) => {
  for (const prefix of [
    '',
    'Error creating: ',
    '(combined from similar events): Error creating: ',
    'create Pod db-0 in StatefulSet db failed error: ',
  ]) {
    const {fix: _, ofTemplate: __, ...found} = refusalOf(`${prefix}${said}`, 'shop');
    expect(found).toEqual({reason, message, until});
  }
});

test('a claim that a quota does not let a StatefulSet make', () => {
  const said =
    'create Claim data-db-0 Pod db-0 in StatefulSet db failed error: failed to create PVC data-db-0: persistentvolumeclaims "data-db-0" is forbidden: exceeded quota: q, requested: persistentvolumeclaims=1, used: persistentvolumeclaims=2, limited: persistentvolumeclaims=2';
  expect(refusalOf(said, 'shop')).toMatchObject({
    reason: 'QuotaExceeded',
    message: 'quota q is used up: persistentvolumeclaims 2 of 2 used, asks 1',
  });
});
