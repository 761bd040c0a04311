// undici's index loads all of it (fetch, caches, mocks), which costs a command 30 ms at its start. These modules are all that is needed.
declare module 'undici/lib/dispatcher/pool.js' {
  export {Pool as default} from 'undici';
}
declare module 'undici/lib/core/connect.js' {
  export {buildConnector as default} from 'undici';
}
