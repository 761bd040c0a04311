import {describe, expect, test} from 'vitest';
import {registryOf} from '../../src/pods/images.ts';
import {findTroubles} from '../../src/pods/troubles.ts';
import {ago, type EventState, event, NOW, pod} from '../support/builders.ts';

const IMAGE = 'registry.example/shop/web:2.1';
const waiting = (reason: string, message?: string, node = {}) =>
  pod({phase: 'Pending', containers: [{image: IMAGE, waiting: {reason, ...(message && {message})}}], ...node});
const pull = (answer: string) => `failed to pull and unpack image "${IMAGE}": failed to resolve image: ${answer}`;
const head = (answer: string) =>
  pull(`failed to do request: Head "https://registry.example/v2/shop/web/manifests/2.1": ${answer}`);

function trouble(subject: ReturnType<typeof pod>, ...events: EventState[]) {
  const about = events.map((state) => event(subject, {fieldPath: 'spec.containers{web}', ...state}));
  const [first] = findTroubles(subject, about, NOW);
  return first && {reason: first.reason, message: first.message, doomed: first.doomed};
}

describe('what a registry answers, as containerd, CRI-O and cri-dockerd put it', () => {
  test.each([
    ['containerd', `rpc error: code = NotFound desc = ${pull(`${IMAGE}: not found`)}`, 'not found'],
    ['CRI-O', 'reading manifest 2.1 in registry.example/shop/web: manifest unknown', 'manifest unknown'],
    [
      'Docker',
      `Error response from daemon: manifest for ${IMAGE} not found: manifest unknown: manifest unknown`,
      'manifest unknown',
    ],
    [
      'a repository nobody has',
      'reading manifest 2.1 in registry.example/shop/web: name unknown: Repository not found',
      'name unknown',
    ],
    ['a 404', pull('unexpected status from HEAD request to https://registry.example/v2/: 404 Not Found'), 'not found'],
  ])('no such image: %s', (_case, message, words) => {
    expect(trouble(waiting('ErrImagePull', message))).toEqual({
      reason: 'ImageNotFound',
      message: `${IMAGE}: ${words}`,
      doomed: true,
    });
  });

  test.each([
    [
      'no credentials',
      pull(
        'pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials',
      ),
    ],
    ['wrong credentials', pull('failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized')],
    ['no right', pull('unexpected status from HEAD request to https://registry.example/v2/: 403 Forbidden')],
    ['denied', 'reading manifest 2.1: denied: requested access to the resource is denied'],
  ])('not allowed: %s', (_case, message) => {
    expect(trouble(waiting('ErrImagePull', message))).toMatchObject({reason: 'ImagePullDenied', doomed: true});
  });

  test.each([
    ['no such host', head('dial tcp: lookup registry.example on 10.96.0.10:53: no such host'), 'no such host'],
    ['a resolver in trouble', head('dial tcp: lookup registry.example: server misbehaving'), 'server misbehaving'],
    ['nobody listens', head('dial tcp 192.0.2.10:443: connect: connection refused'), 'connection refused'],
    ['silence', head('dial tcp 192.0.2.10:443: i/o timeout'), 'i/o timeout'],
    [
      'no certificate to trust',
      head('tls: failed to verify certificate: x509: certificate signed by unknown authority'),
      'x509: certificate signed by unknown authority',
    ],
    ['a handshake that hangs', head('net/http: TLS handshake timeout'), 'TLS handshake timeout'],
    ['plain HTTP', head('http: server gave HTTP response to HTTPS client'), 'server gave HTTP response to HTTPS client'],
    ['an answer that takes too long', 'rpc error: code = DeadlineExceeded desc = context deadline exceeded', 'timed out'],
    ['the registry breaks off', head('EOF'), 'EOF'],
  ])('unreachable: %s', (_case, message, words) => {
    const found = trouble(waiting('ErrImagePull', message));
    expect(found).toMatchObject({reason: 'RegistryUnreachable', doomed: false});
    expect(found?.message).toMatch(/^cannot reach registry\.example: /);
    expect(found?.message).toContain(words);
  });

  test.each([
    [
      'a rate limit',
      pull('429 Too Many Requests - toomanyrequests: You have reached your pull rate limit'),
      'RegistryRateLimited',
    ],
    [
      'a registry in trouble',
      pull('unexpected status from HEAD request to https://registry.example/v2/: 503 Service Unavailable'),
      'RegistryError',
    ],
    [
      'a node whose runtime is down',
      'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory"',
      'ContainerRuntimeDown',
    ],
    ['a full disk', 'write /var/lib/containerd/x: no space left on device', 'NodeDiskFull'],
    ['something nobody has seen yet', 'failed commit on ref "x": unexpected commit digest', 'ImagePullFailed'],
  ])('may pass: %s', (_case, message, reason) => {
    expect(trouble(waiting('ErrImagePull', message))).toMatchObject({reason, doomed: false});
  });

  test.each([
    [
      'InvalidImageName',
      'couldn\'t parse image name "registry.example/Shop:x": invalid reference format: repository name must be lowercase',
      'InvalidImageName',
    ],
    ['ErrImageNeverPull', `Container image "${IMAGE}" is not present with pull policy of Never`, 'ImageNeverPull'],
    ['SignatureValidationFailed', 'image signature policy failed', 'ImageSignatureInvalid'],
    ['ErrImagePull', pull('no match for platform in manifest: not found'), 'ImageWrongPlatform'],
  ])('never: %s', (waitingReason, message, reason) => {
    expect(trouble(waiting(waitingReason, message))).toMatchObject({reason, doomed: true});
  });
});

describe("an image's name says nothing of why it cannot be had", () => {
  const said = (image: string, answer: string) => {
    const state = {reason: 'ErrImagePull', message: answer};
    return trouble(pod({phase: 'Pending', containers: [{image, waiting: state}]}))?.reason;
  };
  test.each([
    ['docker.io/acme/certificate-service:9', 'docker.io/acme/certificate-service:9'],
    ['acme/unauthorized-page:9', 'docker.io/acme/unauthorized-page:9'],
    ['access-denied', 'docker.io/library/access-denied:latest'],
    ['unauthorized:9', 'docker.io/library/unauthorized:9'],
    ['registry.example:5000/x509:not-denied', 'registry.example:5000/x509:not-denied'],
    [`acme/insufficient_scope@sha256:${'0a'.repeat(32)}`, `docker.io/acme/insufficient_scope@sha256:${'0a'.repeat(32)}`],
  ])('%s', (image, full) => {
    const notFound = `failed to pull and unpack image "${full}": failed to resolve reference "${full}": ${full}: not found`;
    expect(said(image, `rpc error: code = NotFound desc = ${notFound}`)).toBe('ImageNotFound');
    expect(said(image, `Error response from daemon: manifest for ${image} not found: manifest unknown`)).toBe('ImageNotFound');
    const url = `https://registry.example/v2/${full.replace(/^[^/]*\//, '').replace(/[:@].*$/, '')}/manifests/9`;
    expect(said(image, `failed to resolve image: failed to do request: Head "${url}": dial tcp: i/o timeout`)).toBe(
      'RegistryUnreachable',
    );
    expect(
      said(image, `failed to resolve reference "${full}": unexpected status from HEAD request to ${url}: 401 Unauthorized`),
    ).toBe('ImagePullDenied');
  });

  test('nor does its tag', () => {
    expect(said('acme/web:unauthorized', 'reading manifest unauthorized in docker.io/acme/web: manifest unknown')).toBe(
      'ImageNotFound',
    );
  });

  test('nor is a word of the answer that is the name of the image taken for it', () => {
    expect(said('unauthorized:9', 'failed to authorize: unauthorized: authentication required')).toBe('ImagePullDenied');
  });
});

describe('while kubelet backs off', () => {
  test('the status holds the answer', () => {
    const message = `Back-off pulling image "${IMAGE}": ErrImagePull: ${pull(`${IMAGE}: not found`)}`;
    expect(trouble(waiting('ImagePullBackOff', message))).toMatchObject({reason: 'ImageNotFound', doomed: true});
  });

  const plain = waiting('ImagePullBackOff', `Back-off pulling image "${IMAGE}"`);
  test('of an older server only the last event does', () => {
    const failed = {reason: 'Failed', message: `Failed to pull image "${IMAGE}": ${pull(`${IMAGE}: not found`)}`};
    expect(trouble(plain, failed)).toMatchObject({reason: 'ImageNotFound', doomed: true});
  });

  test('and nothing tells: then it is no doom', () => {
    expect(trouble(plain)).toEqual({reason: 'ImagePullFailed', message: `${IMAGE} for web: cannot be pulled`, doomed: false});
  });
});

describe('an unreachable registry is doom after three failures of the kind', () => {
  const subject = waiting('ErrImagePull', head('dial tcp 192.0.2.10:443: i/o timeout'));
  const failed = (answer: string, state: Partial<EventState> = {}): EventState => ({
    reason: 'Failed',
    message: `Failed to pull image "${IMAGE}": ${head(answer)}`,
    ...state,
  });
  test.each([
    ['one', [failed('dial tcp 192.0.2.10:443: i/o timeout')], false],
    ['two', [failed('dial tcp 192.0.2.10:443: i/o timeout', {count: 2})], false],
    ['three', [failed('dial tcp 192.0.2.10:443: i/o timeout', {count: 3})], true],
    ['three in a series', [failed('dial tcp 192.0.2.10:443: i/o timeout', {count: 3, series: true})], true],
    [
      'three whose source port differs',
      [34001, 34002, 34003].map((port) =>
        failed(`dial tcp: lookup registry.example: read udp 10.0.0.1:${port}->10.96.0.10:53: i/o timeout`),
      ),
      true,
    ],
    [
      'three of another kind and one of this',
      [
        failed('dial tcp 192.0.2.10:443: i/o timeout'),
        {reason: 'Failed', message: `Failed to pull image "${IMAGE}": toomanyrequests`, count: 3},
      ],
      false,
    ],
    [
      'three of another container',
      [failed('dial tcp 192.0.2.10:443: i/o timeout', {count: 3, fieldPath: 'spec.containers{proxy}'})],
      false,
    ],
  ])('%s', (_case, events, doomed) => {
    expect(trouble(subject, ...events)).toMatchObject({reason: 'RegistryUnreachable', doomed});
  });

  test.each([
    [60, false],
    [180, true],
  ])('where no event can be read, by the %i seconds that it has lasted', (seconds, doomed) => {
    const old = pod({...subjectState(seconds)});
    expect(trouble(old)).toMatchObject({reason: 'RegistryUnreachable', doomed});
  });

  const subjectState = (seconds: number) => ({
    createdAt: ago(seconds),
    phase: 'Pending',
    containers: [{image: IMAGE, waiting: {reason: 'ErrImagePull', message: head('dial tcp 192.0.2.10:443: i/o timeout')}}],
  });
});

test('a mirror that was asked instead is named', () => {
  const message = pull(
    'failed to do request: Head "https://192.0.2.10/v2/shop/web/manifests/2.1?ns=x": dial tcp 192.0.2.10:443: i/o timeout',
  );
  expect(trouble(waiting('ErrImagePull', message))?.message).toBe(
    'cannot reach registry.example (through 192.0.2.10): i/o timeout',
  );
});

test('the image pull secret that the pod names is where to look', () => {
  const subject = pod({
    phase: 'Pending',
    containers: [{image: IMAGE, waiting: {reason: 'ErrImagePull', message: pull('unauthorized: authentication required')}}],
    spec: {imagePullSecrets: [{name: 'regcred'}]},
  });
  expect(findTroubles(subject, [], NOW)[0]?.fix).toBe(
    'check the name, and imagePullSecret regcred: kops secret decode regcred -n shop',
  );
});

test('a trouble is as old as its first failure', () => {
  const subject = waiting('ErrImagePull', pull(`${IMAGE}: not found`));
  const failed = {
    reason: 'Failed',
    message: `Failed to pull image "${IMAGE}": ${pull(`${IMAGE}: not found`)}`,
    first: 40,
    last: 4,
    count: 3,
  };
  expect(findTroubles(subject, [event(subject, failed)], NOW)[0]?.since).toBe(ago(40));
  expect(findTroubles(subject, [], NOW)[0]?.since).toBe(ago(60)); // when the pod got its node
});

test.each([
  ['web:2.0', 'docker.io'],
  ['library/web', 'docker.io'],
  ['registry.example/web', 'registry.example'],
  ['localhost/web', 'localhost'],
  ['registry:5000/web', 'registry:5000'],
])('%s is of %s', (image, registry) => {
  expect(registryOf(image)).toBe(registry);
});
