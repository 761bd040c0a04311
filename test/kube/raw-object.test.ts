import fc from 'fast-check';
import {expect, test} from 'vitest';
import {parseRawList, parseRawObject, type RawObject} from '../../src/kube/raw-object.ts';
import {resources} from '../../src/kube/resources.ts';

const headers = {'content-type': 'application/vnd.kubernetes.protobuf'};
const answer = (body: Buffer) => ({status: 200, headers, body});

/** A field of protobuf that holds bytes, a text or a message. */
function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  const head: number[] = [number * 8 + 2];
  let rest = bytes.length;
  for (; rest > 127; rest >>>= 7) head.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...head, rest]), bytes]);
}
const varint = (number: number, value: number): Buffer => Buffer.from([number * 8, value]);
const envelope = (raw: Buffer, type: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.from('k8s\0'), field(1, type), field(2, raw)]);
const secretType = Buffer.concat([field(1, 'v1'), field(2, 'Secret')]);

interface Named {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
}
const metadata = ({name, namespace, uid, resourceVersion}: Named): Buffer =>
  Buffer.concat([field(1, name), ...(namespace ? [field(3, namespace)] : []), field(5, uid), field(6, resourceVersion)]);

const words = fc.stringMatching(/^[a-z0-9.-]{1,40}$/);
const named = fc.record({name: words, namespace: fc.oneof(words, fc.constant('')), uid: words, resourceVersion: words});
/** What an object has besides: data of any bytes, and fields of tomorrow. */
const rest = fc.array(fc.tuple(fc.integer({min: 2, max: 2000}), fc.uint8Array({maxLength: 400})), {maxLength: 5});
const objects = fc.array(fc.tuple(named, rest), {maxLength: 8}).map((all) =>
  all.map(([about, fields]) => {
    const others = fields.filter(([number]) => number < 16).map(([number, bytes]) => field(number, Buffer.from(bytes)));
    return {about, raw: Buffer.concat([field(1, metadata(about)), ...others])};
  }),
);
const told = ({about, raw}: {about: Named; raw: Buffer}): RawObject => ({
  ...about,
  namespace: about.namespace || undefined,
  body: envelope(raw, secretType),
  contentType: 'application/vnd.kubernetes.protobuf',
});

test('each object of a list in protobuf becomes one that can be written back, its own bytes untouched', () => {
  fc.assert(
    fc.property(objects, fc.option(words, {nil: ''}), (all, token) => {
      const listMeta = Buffer.concat([field(2, '100'), ...(token ? [field(3, token), varint(4, 7)] : [])]);
      const list = Buffer.concat([field(1, listMeta), ...all.map(({raw}) => field(2, raw))]);
      expect(parseRawList(answer(envelope(list)), resources.secrets)).toEqual({
        items: all.map(told),
        continue: token || undefined,
        remainingItemCount: token ? 7 : undefined,
      });
    }),
  );
});

test('an object that is read by itself is written back as the server sent it', () => {
  fc.assert(
    fc.property(objects, (all) => {
      for (const object of all) {
        const expected = told(object);
        expect(parseRawObject(answer(expected.body))).toEqual(expected);
      }
    }),
  );
});

test.each([
  ['no Kubernetes protobuf', Buffer.from('hush')],
  ['nothing in it', Buffer.from('k8s\0')],
  ['cut off', envelope(field(2, field(1, 'x')), secretType).subarray(0, -1)],
  ['an object without metadata', envelope(field(2, field(9, 'x')))],
  ['an object without a name', envelope(field(2, field(1, field(5, 'uid'))))],
])('%s is a SyntaxError', (_case, body) => {
  expect(() => parseRawList(answer(body), resources.secrets)).toThrow(SyntaxError);
});
