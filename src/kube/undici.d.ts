// undici's index loads all of it (fetch, caches, mocks): 30 ms of every start. These two modules are all that is used.
declare module 'undici/lib/dispatcher/pool.js' {
  export {Pool as default} from 'undici';
}
declare module 'undici/lib/dispatcher/proxy-agent.js' {
  export {ProxyAgent as default} from 'undici';
}
