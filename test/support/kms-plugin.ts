import {execFileSync} from 'node:child_process';
import {createCipheriv, createDecipheriv, randomBytes} from 'node:crypto';
import {type MethodDefinition, Server, ServerCredentials, type sendUnaryData} from '@grpc/grpc-js';
import {fromJSON} from '@grpc/proto-loader';

/** A KMS v2 plugin with keys in memory. */
export interface KmsPlugin {
  /** What encrypts now; the API server finds it in front of each value's ciphertext. */
  readonly keyId: string;
  readonly encrypted: () => number;
  /** A new key takes over; the old ones still decrypt. */
  rotate(): void;
  /** As a plugin that is gone: its socket goes with it. */
  stop(): void;
  /** With the keys that it had. */
  start(): Promise<void>;
}

/** Field numbers of k8s.io/kms/apis/v2/api.proto; annotations are not used. */
const bytes = (id: number) => ({type: 'bytes', id});
const string = (id: number) => ({type: 'string', id});
const rpc = (name: string) => ({requestType: `${name}Request`, responseType: `${name}Response`, comment: ''});
const definition = fromJSON(
  {
    nested: {
      v2: {
        nested: {
          StatusRequest: {fields: {}},
          StatusResponse: {fields: {version: string(1), healthz: string(2), keyId: string(3)}},
          DecryptRequest: {fields: {ciphertext: bytes(1), uid: string(2), keyId: string(3)}},
          DecryptResponse: {fields: {plaintext: bytes(1)}},
          EncryptRequest: {fields: {plaintext: bytes(1), uid: string(2)}},
          EncryptResponse: {fields: {ciphertext: bytes(1), keyId: string(2)}},
          KeyManagementService: {methods: {Status: rpc('Status'), Decrypt: rpc('Decrypt'), Encrypt: rpc('Encrypt')}},
        },
      },
    },
  },
  {keepCase: true, defaults: true},
);
const service = definition['v2.KeyManagementService'] as unknown as Record<string, MethodDefinition<object, object>>;

const CIPHER = 'aes-256-gcm';

/** Listens at a path of at most 107 bytes, which is what a socket may have. */
export async function startKmsPlugin(socket: string): Promise<KmsPlugin> {
  const keys = new Map<string, Buffer>();
  let keyId = '';
  let encrypted = 0;
  let server: Server | undefined;
  const rotate = () => {
    keyId = `key-${keys.size + 1}`;
    keys.set(keyId, randomBytes(32));
  };
  const keyOf = (id: string): Buffer => {
    const key = keys.get(id);
    if (key === undefined) throw new Error(`there is no key ${id}`);
    return key;
  };

  function encrypt({plaintext}: {plaintext: Buffer}): {ciphertext: Buffer; keyId: string} {
    encrypted++;
    const nonce = randomBytes(12);
    const cipher = createCipheriv(CIPHER, keyOf(keyId), nonce);
    const ciphertext = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    return {ciphertext, keyId};
  }

  function decrypt({ciphertext, keyId: id}: {ciphertext: Buffer; keyId: string}): {plaintext: Buffer} {
    const decipher = createDecipheriv(CIPHER, keyOf(id), ciphertext.subarray(0, 12));
    decipher.setAuthTag(ciphertext.subarray(-16));
    return {plaintext: Buffer.concat([decipher.update(ciphertext.subarray(12, -16)), decipher.final()])};
  }

  const answer =
    <Q, A>(make: (request: Q) => A) =>
    ({request}: {request: Q}, callback: sendUnaryData<A>) => {
      try {
        callback(null, make(request));
      } catch (error) {
        callback(error as Error);
      }
    };

  async function start(): Promise<void> {
    const started = new Server();
    started.addService(service, {
      Status: answer(() => ({version: 'v2', healthz: 'ok', keyId})),
      Encrypt: answer(encrypt),
      Decrypt: answer(decrypt),
    });
    await new Promise<void>((resolve, reject) => {
      started.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
    });
    server = started;
  }

  rotate();
  await start();
  return {
    get keyId() {
      return keyId;
    },
    encrypted: () => encrypted,
    rotate,
    start,
    stop: () => server?.forceShutdown(),
  };
}

/** What a plugin leaves behind that was killed: a socket that nobody listens at. */
export function staleSocket(path: string): void {
  const script = 'require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))';
  try {
    execFileSync(process.execPath, ['-e', script, path], {stdio: 'ignore'});
  } catch {
    // It was killed: that is what it is for.
  }
}
