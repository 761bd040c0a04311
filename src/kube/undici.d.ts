// undici's index loads all of it (fetch, caches, mocks), which costs a command 30 ms at its start. This module is all that most need.
declare module 'undici/lib/dispatcher/pool.js' {
  export {Pool as default} from 'undici';
}
